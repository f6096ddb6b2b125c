"""`kgscaffold matrix`: the combinations of framework and database."""

from __future__ import annotations

from typing import Any

import click

from kgscaffold.cli.common import help_end, make_output, output_options


@click.command(
    short_help="List the supported combinations.",
    epilog=help_end(["kgscaffold matrix", "kgscaffold matrix --json"], {0: "listed"}),
)
@output_options
def matrix(**flags: Any) -> None:
    """List the supported combinations of framework and database.

    JSON: {"schema", "combinations": [{"framework", "database", "supported"}]}.
    """
    from kgscaffold.stacks import combinations

    output = make_output(flags)
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
