"""`kgscaffold matrix`: the combinations of framework and database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kgscaffold.cli.command import command
from kgscaffold.cli.common import Json, NoColor, Quiet, Verbose, help_end
from kgscaffold.output import Output

if TYPE_CHECKING:
    from kgscaffold.stacks.model import Core

application, matrix_command = command(
    epilog=help_end(["kgscaffold matrix", "kgscaffold matrix --json"], {0: "listed"})
)


@matrix_command
def matrix(
    *,
    json_mode: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """List the supported combinations of framework and database, and in which languages.

    JSON: {"schema", "combinations": [{"framework", "database", "supported", "languages":
    [{"language", "module_systems": [name]}]}]}.
    """
    from kgscaffold.stacks import combinations

    output = Output(json_mode=json_mode, quiet=quiet, verbose=verbose, color=not no_color)
    pairs = combinations()
    for framework, database, supported in pairs:
        forms = ", ".join(map(_with_systems, framework.cores)) if supported else ""
        text = f"{framework.title:10} {database.title:12} {'yes' if supported else 'not yet':8}"
        output.data(f"{text} {forms}".rstrip(), "green" if supported else "dim")
    output.document(
        {
            "combinations": [
                {
                    "framework": str(framework.name),
                    "database": str(database.name),
                    "supported": supported,
                    "languages": [
                        {
                            "language": str(core.language.name),
                            "module_systems": list(core.language.module_systems),
                        }
                        for core in (framework.cores if supported else ())
                    ],
                }
                for framework, database, supported in pairs
            ]
        }
    )


def _with_systems(core: Core) -> str:
    """Give a language with its module systems, where there is a choice."""
    title, systems = core.language.title, core.language.module_systems
    return f"{title} ({' or '.join(systems)})" if len(systems) > 1 else title
