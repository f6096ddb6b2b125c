"""Frameworks, databases and their combinations."""

from __future__ import annotations

import inspect

import pytest

from kgscaffold import stacks
from kgscaffold.answers import Answers, Database, Framework, Policy
from kgscaffold.errors import ExitCode, KgscaffoldError
from kgscaffold.render import render
from kgscaffold.render.layers import templates_root
from kgscaffold.stacks.cores import PYTHON_ASYNC
from kgscaffold.stacks.hosts import HOST_STACKS
from kgscaffold.stacks.model import Stack


@pytest.mark.parametrize(
    ("name", "database"),
    [
        ("postgres", Database.POSTGRESQL),
        ("PostgreSQL", Database.POSTGRESQL),
        ("sqlite", Database.SQLITE),
    ],
)
def test_names_and_aliases_of_databases(name: str, database: Database) -> None:
    assert stacks.find_database(name) is database


@pytest.mark.parametrize(
    ("find", "name", "code", "told"),
    [
        (stacks.find_framework, "fastpi", ExitCode.USAGE, "did you mean 'fastapi'?"),
        (
            stacks.find_framework,
            "qqq",
            ExitCode.USAGE,
            "supported: express, fastapi, flask, nestjs",
        ),
        (stacks.find_database, "qqq", ExitCode.USAGE, "planned: mongodb"),
        (stacks.find_database, "postgress", ExitCode.USAGE, "did you mean 'postgres'?"),
        (stacks.find_database, "", ExitCode.USAGE, "supported: mysql, postgresql, sqlite"),
        (
            stacks.find_database,
            "mongo",
            ExitCode.PRECONDITION,
            "supported: mysql, postgresql, sqlite",
        ),
        (stacks.find_database, "mongo", ExitCode.PRECONDITION, "MongoDB is planned"),
    ],
)
def test_what_is_unknown_or_yet_to_come(find: object, name: str, code: ExitCode, told: str) -> None:
    assert callable(find)
    with pytest.raises(KgscaffoldError) as refused:
        find(name)
    assert refused.value.exit_code == code
    assert told in refused.value.message


@pytest.mark.parametrize("name", ["redis", "mongod", "xyz", "rails", "django"])
@pytest.mark.parametrize("find", [stacks.find_framework, stacks.find_database])
def test_nothing_far_off_and_nothing_planned_is_suggested(find: object, name: str) -> None:
    assert callable(find)
    with pytest.raises(KgscaffoldError) as refused:
        find(name)
    assert "did you mean" not in refused.value.message


def test_every_known_pair_is_listed_once() -> None:
    pairs = [(first.name, second.name) for first, second, _ in stacks.combinations()]
    assert len(pairs) == len(set(pairs)) == len(Framework) * len(Database)


def test_commands_follow_the_answers() -> None:
    answers = Answers(Framework.FASTAPI, Database.SQLITE, "shop", module="store/pay")
    commands = stacks.stack_of(answers).commands(answers)
    assert commands.start == ("python", "-m", "store")
    assert commands.ops == ("python", "-m", "store.pay")
    assert list(commands.document()) == ["install", "migrate", "start", "worker", "ops", "test"]


def test_a_worker_of_node_is_no_child_of_npm() -> None:
    """The shell that npm runs a script in keeps a signal from what the script starts."""
    for framework in stacks.supported_frameworks():
        answers = stacks.answers_for("shop", Framework(framework), Database.SQLITE)
        commands = stacks.stack_of(answers).commands(answers)
        assert commands.worker[-1] == "work"
        assert commands.worker[0] in {"python", "node"}


def test_a_worker_runs_beside_the_server_only_where_it_must() -> None:
    for framework, works in ((Framework.FASTAPI, False), (Framework.FLASK, True)):
        answers = Answers(framework, Database.SQLITE, "shop", module="store/pay")
        commands = stacks.stack_of(answers).commands(answers)
        assert ("work" in commands.document()) is works


@pytest.mark.parametrize("framework", [Framework.FASTAPI, Framework.FLASK])
def test_a_shop_on_mysql_has_what_the_usual_log_in_needs(framework: Framework) -> None:
    """Without TLS, both drivers encrypt the password by a package that they do not bring."""
    needed = stacks.find_stack(framework, Database.MYSQL).requirements
    assert "cryptography" in {name for one in needed for name in one.names}


def test_every_layer_is_a_folder_of_templates() -> None:
    for stack in stacks.supported_stacks():
        for layer in stack.layers:
            assert (templates_root() / layer).is_dir(), layer


@pytest.mark.parametrize("host", HOST_STACKS)
def test_a_host_is_given_the_module_and_its_migrations_and_no_shop(host: Stack) -> None:
    answers = Answers(Framework.FASTAPI, host.database.name, "shop", module="store/pay")
    files = render(answers, stack=host).values()
    outside = [file.path for file in files if not file.path.startswith("store/pay/")]
    assert outside == [file.path for file in files if file.policy is Policy.ONCE]
    assert "store/pay/config.py" in {file.path for file in files}


def test_what_is_for_hosts_is_not_offered_for_a_new_project() -> None:
    assert not set(stacks.supported_stacks()) & set(HOST_STACKS)
    assert stacks.find_stack(Framework.FASTAPI, Database.SQLITE).core is PYTHON_ASYNC


def test_frameworks_and_databases_never_mention_each_other() -> None:
    from kgscaffold.stacks import databases, frameworks

    of_frameworks = inspect.getsource(frameworks).lower()
    of_databases = inspect.getsource(databases).lower()
    for database in stacks.DATABASES:
        assert not any(name in of_frameworks for name in (database.name, *database.aliases))
    for framework in stacks.FRAMEWORKS:
        assert framework.name not in of_databases
