"""What `init` is told: by its flags, and by the answers to its questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kgscaffold.answers import OFFERED_ROUTES
from kgscaffold.cli.common import refuse_silence
from kgscaffold.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kgscaffold.answers import Answers
    from kgscaffold.cli.flags import Flags
    from kgscaffold.output import Output
    from kgscaffold.stacks.model import DatabaseRecord

Choices = dict[str, Any]


def listed_frameworks() -> str:
    """Give the frameworks that can be chosen, as help names them: `a, b or c`."""
    from kgscaffold.stacks import supported_frameworks

    return _either(supported_frameworks())


def listed_databases() -> str:
    """Give the databases that can be chosen, with their aliases, as help names them."""
    from kgscaffold.stacks import DATABASES, supported_databases

    supported = supported_databases()
    return _either([_with_aliases(one) for one in DATABASES if one.name in supported])


def _with_aliases(record: DatabaseRecord) -> str:
    aliases = f" (alias: {', '.join(record.aliases)})" if record.aliases else ""
    return f"{record.name}{aliases}"


def _either(names: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def matching_frameworks(incomplete: str) -> list[str]:
    """Give the frameworks that Tab completes."""
    from kgscaffold.stacks import supported_frameworks

    return [name for name in supported_frameworks() if name.startswith(incomplete)]


def matching_databases(incomplete: str) -> list[str]:
    """Give the databases that Tab completes."""
    from kgscaffold.stacks import supported_databases

    return [name for name in supported_databases() if name.startswith(incomplete)]


def matching_routes(incomplete: str) -> list[str]:
    """Give the routes that Tab completes."""
    return [route for route in OFFERED_ROUTES if route.startswith(incomplete)]


def checked_choices(framework: str | None, database: str | None, **texts: str | None) -> Choices:
    """Give the values of the flags that were used; raise UsageError or PreconditionError."""
    from kgscaffold import stacks, validation

    choices: Choices = {}
    if framework is not None:
        choices["framework"] = stacks.find_framework(framework)
    if database is not None:
        choices["database"] = stacks.find_database(database, choices.get("framework"))
    for name, text in texts.items():
        if text is not None:
            try:
                choices[name] = validation.RULES[name](text)
            except validation.InvalidValueError as error:
                flag = f"--{name.replace('_', '-')}"
                raise UsageError(f"{flag} {text!r}: {error}") from None
    return choices


def refuse_missing(flags: Flags, output: Output, choices: Choices) -> None:
    """Raise UsageError, naming the flags, for what can be neither asked nor assumed."""
    if flags.asks(output):
        return
    missing = [f"--{name}" for name in ("framework", "database") if name not in choices]
    if missing:
        raise UsageError(
            f"nothing can be asked here, and there is no {' and no '.join(missing)}",
            hint="For example: kgscaffold init shop --framework fastapi --database sqlite --yes",
        )
    if not (flags.agreed or flags.dry_run):
        refuse_silence(output)


def complete_choices(choices: Choices, folder: str, output: Output, flags: Flags) -> Answers:
    """Give the answers, asking for what is missing where that may be asked."""
    from kgscaffold import stacks
    from kgscaffold.cli import prompts

    complete = dict(choices)
    if flags.asks(output):
        if "framework" not in complete:
            complete["framework"] = stacks.find_framework(prompts.ask_framework(output))
        if "database" not in complete:
            name = prompts.ask_database(complete["framework"], output)
            complete["database"] = stacks.find_database(name, complete["framework"])
        if "route" not in complete and not flags.yes:
            complete["route"] = prompts.ask_route(output)
    return stacks.answers_for(folder, **complete)
