"""What `init` is told: by its flags, and by the answers to its questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kgscaffold.answers import OFFERED_ROUTES, Database, Framework, LanguageName
from kgscaffold.cli.common import refuse_silence
from kgscaffold.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kgscaffold.answers import Answers
    from kgscaffold.cli.flags import Flags
    from kgscaffold.output import Output
    from kgscaffold.stacks.model import DatabaseRecord

Choices = dict[str, Any]
_OF_FRAMEWORK = frozenset({"language", "module", "module_system"})


def listed_frameworks() -> str:
    """Give the frameworks that can be chosen, as help names them: `a, b or c`."""
    from kgscaffold.stacks import supported_frameworks

    return _either(supported_frameworks())


def listed_databases() -> str:
    """Give the databases that can be chosen, with their aliases, as help names them."""
    from kgscaffold.stacks import DATABASES, supported_databases

    supported = supported_databases()
    return _either([_with_aliases(one) for one in DATABASES if one.name in supported])


def listed_releases() -> str:
    """Give the releases of frameworks that follow from the module system, as help names them."""
    from kgscaffold.stacks import FRAMEWORKS

    return ", ".join(
        f"{framework.title} {release} with {system}"
        for framework in FRAMEWORKS
        for system, release in framework.releases
    )


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


def matching_languages(incomplete: str) -> list[str]:
    """Give the languages that Tab completes: those that can be chosen."""
    from kgscaffold.stacks import languages_of, supported_frameworks

    several = (languages_of(Framework(name)) for name in supported_frameworks())
    names = [str(one.name) for known in several if len(known) > 1 for one in known]
    return [name for name in names if name.startswith(incomplete)]


def matching_module_systems(incomplete: str) -> list[str]:
    """Give the module systems that Tab completes: those that can be chosen."""
    return [name for name in ("esm", "commonjs") if name.startswith(incomplete)]


def matching_routes(incomplete: str) -> list[str]:
    """Give the routes that Tab completes."""
    return [route for route in OFFERED_ROUTES if route.startswith(incomplete)]


def checked_choices(framework: str | None, database: str | None, **texts: str | None) -> Choices:
    """Give the values of the flags that were used; raise UsageError or PreconditionError.

    What follows from the framework stays a text until that is known.
    """
    from kgscaffold import stacks

    choices: Choices = {}
    if framework is not None:
        choices["framework"] = stacks.find_framework(framework)
    if database is not None:
        choices["database"] = stacks.find_database(database, choices.get("framework"))
    for name, text in texts.items():
        if text is not None:
            choices[name] = text if name in _OF_FRAMEWORK else _checked(name, text)
    return _of_framework(choices) if framework is not None else choices


def _of_framework(choices: Choices) -> Choices:
    """Give the choices with those that follow from the framework checked."""
    from kgscaffold import stacks

    checked, framework = dict(choices), choices["framework"]
    if "language" in choices:
        checked["language"] = stacks.find_language(choices["language"], framework)
    language = checked.get("language", stacks.languages_of(framework)[0].name)
    if "module_system" in choices:
        system = stacks.find_module_system(choices["module_system"], framework, language)
        checked["module_system"] = system
    if "module" in choices:
        checked["module"] = _checked("module", choices["module"], language)
    return checked


def _checked(name: str, text: str, language: LanguageName = LanguageName.PYTHON) -> str:
    from kgscaffold import validation

    try:
        return validation.checked(name, text, language)
    except validation.InvalidValueError as error:
        raise UsageError(f"--{name.replace('_', '-')} {text!r}: {error}") from None


def refuse_missing(flags: Flags, output: Output, choices: Choices) -> None:
    """Raise UsageError, naming the flags, for what can be neither asked nor assumed."""
    if flags.asks(output):
        return
    needed = ("framework", "database", *(["language"] if _asks_language(choices, flags) else []))
    missing = [f"--{name}" for name in needed if name not in choices]
    if missing:
        raise UsageError(
            f"nothing can be asked here, and there is no {' and no '.join(missing)}",
            hint=f"For example: kgscaffold init shop {_example(choices)} --yes",
        )
    if not (flags.agreed or flags.dry_run):
        refuse_silence(output)


def _asks_language(choices: Choices, flags: Flags) -> bool:
    """Tell whether the language is a question: its default is taken by --yes."""
    from kgscaffold.stacks import languages_of

    known = languages_of(choices["framework"]) if "framework" in choices else []
    return len(known) > 1 and "language" not in choices and not flags.yes


def _example(choices: Choices) -> str:
    """Give flags that would do, with those of the choices that there are."""
    from kgscaffold.stacks import languages_of

    framework = choices.get("framework", Framework.FASTAPI)
    known = languages_of(framework)
    language = f" --language {choices.get('language', known[0].name)}" if len(known) > 1 else ""
    database = choices.get("database", Database.SQLITE)
    return f"--framework {framework} --database {database}{language}"


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
        complete = _of_framework(complete)
        if _asks_language(complete, flags):
            name = prompts.ask_language(complete["framework"], output)
            complete["language"] = stacks.find_language(name, complete["framework"])
        if "route" not in complete and not flags.yes:
            complete["route"] = prompts.ask_route(output)
    return stacks.answers_for(folder, **complete)
