"""Look up frameworks and databases, and what a combination of the two is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kgscaffold.answers import Answers, Database, Framework, LanguageName, ModuleSystem
from kgscaffold.errors import PreconditionError, UsageError
from kgscaffold.stacks.databases import DATABASES
from kgscaffold.stacks.frameworks import FRAMEWORKS
from kgscaffold.stacks.model import Core, DatabaseRecord, FrameworkRecord, Stack
from kgscaffold.stacks.names import project_name_of

if TYPE_CHECKING:
    from kgscaffold.languages.model import Language

__all__ = [
    "DATABASES",
    "FRAMEWORKS",
    "Stack",
    "answers_for",
    "combinations",
    "find_database",
    "find_framework",
    "find_language",
    "find_module_system",
    "find_stack",
    "languages_of",
    "stack_of",
    "supported_databases",
    "supported_frameworks",
    "supported_stacks",
]


def find_framework(name: str) -> Framework:
    """Give the supported framework of that name.

    Raises UsageError for an unknown name, PreconditionError for one that is not supported yet.
    """
    supported = supported_frameworks()
    for record in FRAMEWORKS:
        if record.name != name.strip().lower():
            continue
        if record.name in supported:
            return record.name
        raise _not_yet("framework", record.title, supported)
    raise _unknown("framework", name, supported, [str(record.name) for record in FRAMEWORKS])


def find_database(name: str, framework: Framework | None = None) -> Database:
    """Give the supported database of that name or alias, for a framework if it is known already.

    Raises UsageError for an unknown name, PreconditionError for one that is not supported yet.
    """
    supported = supported_databases(framework)
    typed = name.strip().lower()
    for record in DATABASES:
        if typed != record.name and typed not in record.aliases:
            continue
        if record.name in supported:
            return record.name
        raise _not_yet("database", record.title, supported)
    aliases = [alias for one in DATABASES if one.name in supported for alias in one.aliases]
    known = [str(record.name) for record in DATABASES]
    raise _unknown("database", name, supported, known, aliases)


def find_language(name: str, framework: Framework) -> LanguageName:
    """Give the language of that name, in which a framework's projects can be written.

    Raises UsageError for any other.
    """
    names = [str(language.name) for language in languages_of(framework)]
    return LanguageName(_one_of("--language", name, names, str(framework)))


def find_module_system(
    name: str, framework: Framework, language: LanguageName | None = None
) -> ModuleSystem:
    """Give the module system of that name, that projects of a language can have.

    Raises UsageError for any other. Without a language it is the framework's usual one.
    """
    known = _cores_of(framework)
    chosen = next((one for one in known if one.language.name is language), known[0])
    systems = list(map(str, chosen.language.module_systems))
    return ModuleSystem(_one_of("--module-system", name, systems, chosen.language.title))


def languages_of(framework: Framework) -> list[Language]:
    """Give the languages that a framework's projects can be written in, the usual one first."""
    return [core.language for core in _cores_of(framework)]


def _cores_of(framework: Framework) -> list[Core]:
    records = (record for record in FRAMEWORKS if record.name is framework)
    return [core for record in records for core in record.cores]


def supported_frameworks() -> list[str]:
    """Give the names of the frameworks that can be chosen."""
    return sorted({str(pair.framework.name) for pair in supported_stacks()})


def supported_databases(framework: Framework | None = None) -> list[str]:
    """Give the names of the databases that can be chosen, with that framework or any."""
    return sorted({str(pair.database.name) for pair in supported_stacks(framework)})


def stack_of(answers: Answers) -> Stack:
    """Give the combination; raises PreconditionError if it is not supported."""
    return find_stack(answers.framework, answers.database, answers.language, answers.module_system)


def find_stack(
    framework: Framework,
    database: Database,
    language: LanguageName | None = None,
    system: ModuleSystem | None = None,
) -> Stack:
    """Give the combination, the usual one of what is not said.

    Raises PreconditionError if it is not supported.
    """
    for stack in supported_stacks(framework):
        wanted = (database, language or stack.language.name, system or stack.system)
        if (stack.database.name, stack.language.name, stack.system) == wanted:
            return stack
    form = "".join(f" in {one}" for one in (language, system) if one)
    raise PreconditionError(
        f"{framework} with {database}{form} is not supported by this version of kgscaffold",
        hint="`kgscaffold matrix` lists what is.",
    )


def answers_for(
    folder_name: str,
    framework: Framework,
    database: Database,
    language: LanguageName | None = None,
    module_system: ModuleSystem | None = None,
    **others: Any,
) -> Answers:
    """Give the answers for a new project in a folder of that name; `others` are checked already.

    Raises PreconditionError if the combination is not supported.
    """
    stack = find_stack(framework, database, language, module_system)
    return Answers(
        framework,
        database,
        project_name_of(folder_name, stack.language.name),
        language=stack.language.name,
        module_system=stack.system,
        **{"module": stack.language.default_module} | others,
    )


def combinations() -> list[tuple[FrameworkRecord, DatabaseRecord, bool]]:
    """Give every known pair, and whether it is supported."""
    return [
        (framework, database, bool(_stacks(framework, database)))
        for framework in FRAMEWORKS
        for database in DATABASES
    ]


def supported_stacks(framework: Framework | None = None) -> list[Stack]:
    """Give every combination that can be chosen, with that framework or any, in each form."""
    return [
        stack
        for record in FRAMEWORKS
        if framework in {None, record.name}
        for database in DATABASES
        for stack in _stacks(record, database)
    ]


def _stacks(framework: FrameworkRecord, database: DatabaseRecord) -> list[Stack]:
    """Give the combination in each form, with the first library that has such a driver."""
    for library in framework.libraries:
        for driver in library.drivers:
            if driver.database is database.name:
                return [
                    Stack(framework, core, library, driver, database, system)
                    for core in framework.cores
                    for system in core.language.module_systems
                ]
    return []


def _unknown(
    kind: str, name: str, supported: list[str], known: list[str], aliases: Sequence[str] = ()
) -> UsageError:
    from difflib import get_close_matches

    closest = get_close_matches(name.strip().lower(), [*supported, *aliases], n=1, cutoff=0.75)
    suggestion = f"did you mean {closest[0]!r}? " if closest else ""
    choice = f"supported: {', '.join(supported)}"
    if planned := sorted(set(known) - set(supported)):
        choice += f"; planned: {', '.join(planned)}"
    return UsageError(
        f"--{kind}: unknown {kind} {name!r}; {suggestion}{choice}",
        hint="`kgscaffold matrix` lists every combination.",
    )


def _one_of(flag: str, name: str, names: list[str], whose: str) -> str:
    typed = name.strip().lower()
    if typed not in names:
        raise UsageError(f"{flag} {name!r}: with {whose} it is {' or '.join(names)}")
    return typed


def _not_yet(kind: str, title: str, supported: list[str]) -> PreconditionError:
    return PreconditionError(
        f"--{kind}: {title} is planned, but not there yet; supported: {', '.join(supported)}",
        hint="`kgscaffold matrix` lists every combination.",
    )
