"""Random edits against random releases, over files that the templates really rendered.

MERGE_TRIALS says how many (2,000); MERGE_SEED starts elsewhere (each seed always does the same).
"""

from __future__ import annotations

import os
import shutil
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from kgscaffold.merge.formatters import detect
from kgscaffold.render import RenderedFile
from tests.merge import block_steps, template_changes, user_edits
from tests.merge.invariants import Trial
from tests.merge.lines import read
from tests.merge.rivals import git_alone
from tests.merge.user_edits import Dice
from tests.merge.worlds import initialise, node_shop, released, tree

TRIALS = int(os.environ.get("MERGE_TRIALS", "2000"))
SEED = int(os.environ.get("MERGE_SEED", "1"))
SHARDS = 4
MERGE = "kgscaffold.plan.decide.merge_text"
IDS = """
handlers/expired handlers/insufficient_not_refunded handlers/insufficient_refunded handlers/pending
handlers/success module/handlers core/transitions core/verdict core/schedule app/orders app/shop
project/readme project/pyproject project/env-example app/main project/alembic-ini core/tables
""".split()
EDITS = [*user_edits.EDITS, *block_steps.EDITS]
CHANGES = [*template_changes.CHANGES, *block_steps.CHANGES]
Step = tuple[Callable[..., None], Dice]

numbers = st.integers(0, 999)
dice = st.tuples(numbers, numbers, numbers)
edits = st.lists(st.tuples(st.sampled_from(EDITS), dice), min_size=1, max_size=5)
changes = st.lists(st.tuples(st.sampled_from(CHANGES), dice), min_size=1, max_size=5)


class World:
    """A generated project, to make as many copies of as there are trials.

    Its pyproject.toml asks for a formatter; `formatted` says whether the update knows of one.
    Each world has seeds of its own.
    """

    def __init__(
        self, folder: Path, files: list[RenderedFile], number: int, *, formatted: bool = False
    ) -> None:
        self.files = files
        self.number = number
        self.ids = [file.id for file in files]
        self.focuses = st.lists(st.sampled_from(self.ids), min_size=1, max_size=2, unique=True)
        self.base = {file.id: read(file.content) for file in self.files}
        initialise(folder / "pristine", {file.id: file for file in self.files})
        self.pristine = tree(folder / "pristine", state=True)
        self.folder = folder
        self.formatted = formatted

    def try_out(self, focus: list[str], edits: list[Step], changes: list[Step]) -> Trial:
        """Do to a copy what its user does, update it, and check that all is well."""
        user = user_edits.fresh(self.files, self.base, focus)
        for step, numbers in edits:
            step(user, numbers)
        block_steps.make_copies(user)
        release = template_changes.next_release(self.files, self.base, focus)
        for step, numbers in changes:
            step(release, numbers)
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            root = Path(name) / "shop"
            contents = {**self.pristine}
            for mine in user.files:
                contents.pop(mine.file.path, None)
            contents |= {mine.path: mine.content for mine in user.files if not mine.deleted}
            for path, content in (contents | user.extra).items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_bytes(content)
            formatter = detect(root) if self.formatted else None
            with mock.patch("kgscaffold.project.survey._formatter", return_value=formatter):
                trial = Trial(root, user, release, self.base, formatter)
            trial.check()
            return trial


def _python() -> list[RenderedFile]:
    rendering = released()
    return [rendering[name] for name in IDS]


@contextmanager
def _folder() -> Iterator[Path]:
    """Give a folder in memory where there is one, and quick writes."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    programs = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    with (
        mock.patch("kgscaffold.apply.disk.os.fsync"),
        mock.patch.dict(os.environ, {"PATH": programs}),
    ):
        yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "formatted"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with _folder() as folder:
        yield World(folder, _python(), int(request.param), formatted=request.param)


@pytest.fixture(scope="module", params=["typescript", "javascript"])
def node(request: pytest.FixtureRequest) -> Iterator[World]:
    """A shop on Express: an ES module in TypeScript, and CommonJS."""
    with _folder() as folder:
        yield World(folder, node_shop(request.param), 2 + (request.param == "javascript"))


@pytest.mark.parametrize("shard", range(SHARDS))
def test_no_edit_is_lost_moved_or_overwritten(shard: int, world: World) -> None:
    _hold((SEED * 2 + world.number) * SHARDS + shard, world)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_no_edit_of_a_node_project_is(shard: int, node: World) -> None:
    _hold((SEED * 2 + node.number) * SHARDS + shard, node)


def _hold(number: int, world: World) -> None:
    """Try out as many updates as one of the shards is to."""

    @seed(number)
    @settings(
        max_examples=max(1, TRIALS // SHARDS // 2),
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(world.focuses, edits, changes)
    def hold(focus: list[str], edits: list[Step], changes: list[Step]) -> None:
        world.try_out(focus, edits, changes)

    # What is drawn depends on the seed alone, not on the constants in whatever modules are loaded.
    with mock.patch(f"{providers.__name__}._get_local_constants", Constants):
        hold()


# The smallest examples of what was found, and mended since.
FOUND: dict[str, tuple[list[str], list[Step], list[Step]]] = {
    "a deleted file's place is taken by another": (
        ["handlers/expired"],
        [(user_edits.remove, (0, 0, 0))],
        [(template_changes.rename, (0, 1, 0))],
    ),
    "two files change places and one is dropped": (
        ["handlers/expired"],
        [],
        [(template_changes.rename, (0, 1, 0)), (template_changes.drop, (0, 0, 0))],
    ),
    "a file that cannot be merged changes places with another": (
        ["handlers/pending"],
        [(user_edits.restyle, (0, 0, 0))],
        [(template_changes.change, (0, 1, 0)), (template_changes.rename, (0, 1, 0))],
    ),
    "an edited file is replaced by a similar one at its path": (
        ["handlers/expired"],
        [(user_edits.insert, (0, 0, 0))],
        [(template_changes.replace_by_similar, (0, 0, 1))],
    ),
    "a new file would go to one that itself waits to be merged": (
        ["handlers/expired"],
        [(user_edits.insert_alike, (0, 0, 0))],
        [(template_changes.rename, (0, 1, 0)), (template_changes.replace_by_similar, (0, 0, 1))],
    ),
    "a line is moved, so that the file does not parse, into a function that gets a twin": (
        ["app/orders"],
        [(user_edits.move, (0, 713, 0))],
        [
            (template_changes.near_identical_function, (0, 116, 1)),
            (template_changes.reorder, (0, 3, 0)),
            (template_changes.near_identical_function, (0, 3, 1)),
        ],
    ),
    "a copied function, and blank lines that tell the copy from the original": (
        ["handlers/success"],
        [(user_edits.duplicate, (470, 620, 690)), (user_edits.reformat, (970, 884, 970))],
        [
            (template_changes.near_identical_statement, (463, 244, 212)),
            (template_changes.change, (813, 354, 617)),
        ],
    ),
    "the release has a setting that the formatter refuses": (
        ["handlers/expired"],
        [(user_edits.insert, (0, 0, 0))],
        [(template_changes.insert, (0, 0, 1)), (block_steps.templates_add_setting, (14, 0, 1))],
    ),
    "a copied class, of which the original is edited and the copy is as the templates had it": (
        ["core/tables"],
        [(user_edits.duplicate, (0, 0, 6)), (user_edits.change, (0, 134, 0))],
        [(template_changes.insert, (0, 9, 1))],
    ),
    "a dropped package is named by nothing but a dot": (
        ["module/handlers"],
        [(user_edits.insert_alike, (0, 0, 0))],
        [(template_changes.drop, (0, 0, 0)), (template_changes.rename, (136, 0, 0))],
    ),
    "what a formatter says of a broken configuration, in other words the second time": (
        ["handlers/pending"],
        [(user_edits.delete, (0, 1, 0)), (user_edits.delete, (0, 746, 0))],
        [(template_changes.insert, (0, 0, 0)), (block_steps.templates_add_setting, (32, 0, 1))],
    ),
    "a setting that the release itself has twice, and a user's file with a mark of its encoding": (
        ["project/alembic-ini"],
        [(user_edits.restyle, (0, 1, 0)), (user_edits.drop_header, (0, 0, 0))],
        [(template_changes.near_identical_statement, (0, 1, 0))],
    ),
    "a setting that both added, above and below, and one that only the release did": (
        ["handlers/expired"],
        [(block_steps.add_setting, (0, 0, 1))],
        [
            (block_steps.templates_add_setting, (0, 0, 0)),
            (block_steps.templates_add_setting, (0, 1, 0)),
        ],
    ),
}

# What git alone, and our own engine once, got wrong by whole blocks; and what is said of it.
BLOCKS: dict[str, tuple[list[str], list[Step], list[Step]]] = {
    "SHARED1 is there twice": (
        ["project/alembic-ini"],
        [(block_steps.add_setting, (0, 1, 2))],
        [(block_steps.templates_add_setting, (0, 1, 1))],
    ),
    "added is there twice": (
        ["app/shop"],
        [(block_steps.add_block, (0, 1, 4))],
        [(block_steps.templates_add_block, (0, 7, 7))],
    ),
    "settle_claim is there twice": (
        ["core/transitions"],
        [(block_steps.move_block, (0, 11, 4))],
        [(block_steps.templates_move_block, (0, 3, 0))],
    ),
    "Claim was deleted by the user and is back": (
        ["core/transitions"],
        [(block_steps.delete_block, (0, 9, 7))],
        [(block_steps.templates_move_block, (0, 1, 6))],
    ),
    "Claim was deleted and still stands": (
        ["core/transitions"],
        [(block_steps.move_block, (0, 4, 8))],
        [(block_steps.templates_delete_block, (0, 5, 11))],
    ),
}

FOUND_IN_NODE: dict[str, tuple[list[str], list[Step], list[Step]]] = {
    "a file that carries another's id is there all the same, for those that use it": (
        ["project/env-example"],
        [(user_edits.remove, (0, 0, 0)), (block_steps.copy_over, (266, 139, 0))],
        [
            (template_changes.replace_by_similar, (0, 1, 0)),
            (template_changes.replace_by_similar, (223, 0, 0)),
        ],
    ),
    "a conflict is told once": (
        ["project/env-example"],
        [(user_edits.remove, (0, 0, 0)), (block_steps.copy_over, (266, 142, 0))],
        [
            (template_changes.replace_by_similar, (0, 1, 0)),
            (template_changes.insert, (562, 0, 0)),
            (template_changes.replace_by_similar, (223, 0, 0)),
        ],
    ),
}


@pytest.mark.parametrize("name", FOUND | BLOCKS)
def test_what_was_found_before(name: str, world: World) -> None:
    world.try_out(*(FOUND | BLOCKS)[name])


@pytest.mark.parametrize("name", FOUND_IN_NODE)
def test_what_was_found_before_in_a_node_project(name: str, node: World) -> None:
    node.try_out(*FOUND_IN_NODE[name])


@pytest.mark.parametrize("said", BLOCKS)
def test_git_alone_in_our_place_is_found_out(said: str, world: World) -> None:
    with mock.patch(MERGE, git_alone), pytest.raises(AssertionError, match=said):
        world.try_out(*BLOCKS[said])


def test_random_trials_find_out_git_alone(world: World) -> None:
    _is_found_out(world)


def test_random_trials_of_a_node_project_find_out_git_alone(node: World) -> None:
    _is_found_out(node)


def _is_found_out(world: World) -> None:
    @seed(SEED)
    @settings(max_examples=400, database=None, deadline=None, phases=[Phase.generate])
    @given(world.focuses, edits, changes)
    def hold(focus: list[str], edits: list[Step], changes: list[Step]) -> None:
        world.try_out(focus, edits, changes)

    with mock.patch(MERGE, git_alone), pytest.raises(AssertionError):
        hold()
