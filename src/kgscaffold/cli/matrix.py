"""`kgscaffold matrix`: the combinations of framework and database."""

from __future__ import annotations

from kgscaffold.cli.command import command
from kgscaffold.cli.common import Json, NoColor, Quiet, Verbose, help_end
from kgscaffold.output import Output

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
    """List the supported combinations of framework and database.

    JSON: {"schema", "combinations": [{"framework", "database", "supported"}]}.
    """
    from kgscaffold.stacks import combinations

    output = Output(json_mode=json_mode, quiet=quiet, verbose=verbose, color=not no_color)
    pairs = combinations()
    for framework, database, supported in pairs:
        text = f"{framework.title:10} {database.title:12} {'yes' if supported else 'not yet'}"
        output.data(text, "green" if supported else "dim")
    output.document(
        {
            "combinations": [
                {
                    "framework": str(framework.name),
                    "database": str(database.name),
                    "supported": supported,
                }
                for framework, database, supported in pairs
            ]
        }
    )
