"""The plan of `init`: every rendered file is new."""

from __future__ import annotations

from kgscaffold import __version__
from kgscaffold.answers import Answers
from kgscaffold.plan.model import Action, Kind, Plan
from kgscaffold.render import Rendering
from kgscaffold.state.lock import Lock, LockedFile
from kgscaffold.state.paths import digest


def plan_init(answers: Answers, rendering: Rendering) -> Plan:
    """Give the plan that writes a rendering into a folder without any of its files."""
    files = sorted(rendering.values(), key=lambda file: file.path)
    return Plan(
        command="init",
        actions=tuple(
            Action(Kind.CREATE, file.id, file.path, file.policy, "new", None, file.content)
            for file in files
        ),
        lock=Lock(
            tool=__version__,
            answers=answers,
            files=tuple(
                LockedFile(file.id, file.path, file.policy, digest(file.content), file.parent)
                for file in files
            ),
        ),
        bases=tuple(file.content for file in files),
    )
