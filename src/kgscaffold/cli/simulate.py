"""`kgscaffold simulate`: a local KryptoGO."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

import click

from kgscaffold.cli.common import help_end, make_output, output_options
from kgscaffold.errors import PreconditionError, no_room
from kgscaffold.simulator import API_KEY, CLIENT_ID, PORT

if TYPE_CHECKING:
    from kgscaffold.output import Output

_SETTLE = (
    "curl -X POST {url}/_simulator/intents/INTENT/status"
    """ -H 'Content-Type: application/json' -d '{{"status":"success"}}'"""
)


@click.command(
    short_help="Run a local KryptoGO, with which no money moves.",
    epilog=help_end(
        [
            "kgscaffold simulate                # for a shop whose .env is .env.example",
            "kgscaffold simulate --port 8901    # and KRYPTOGO_API_BASE_URL in .env to match",
        ],
        {
            0: "ended, by Ctrl-C too",
            5: "cannot listen there: the port is in use, for example",
            130: "interrupted before it listened",
        },
    ),
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option("--seed", type=int, help="Give the payment ids of another run again [new ones].")
@click.option("--client-id", default=CLIENT_ID, show_default=True, help="Client id it accepts.")
@click.option("--api-key", default=API_KEY, show_default=True, help="API key it accepts.")
@click.option("--exit-with-input", is_flag=True, help="End when standard input does, for programs.")
@output_options
def simulate(host: str, port: int, **flags: Any) -> None:
    """Run a local KryptoGO: its API, its callbacks, and calls that settle payments.

    It forgets everything when it ends. JSON, one line as soon as it listens: {"schema",
    "command", "url", "seed", "client_id"}.
    """
    import secrets

    from kgscaffold.simulator.server import run
    from kgscaffold.simulator.simulation import Credentials, Simulation

    output = make_output(flags)
    seed = secrets.randbelow(2**31) if flags["seed"] is None else flags["seed"]
    simulation = Simulation(seed, Credentials(flags["client_id"], flags["api_key"]))

    def announce(url: str) -> None:
        _announce(output, url, seed, flags["client_id"])

    try:
        run(simulation, host, port, announce, watch_input=flags["exit_with_input"])
    except OSError as error:
        if isinstance(error, BrokenPipeError) or no_room(error):  # where it says so, not listens
            raise
        raise _cannot_listen(host, port, error) from error
    output.message("\nended")  # on a line of its own, below the terminal's ^C


def _announce(output: Output, url: str, seed: int, client_id: str) -> None:
    output.data(f"KryptoGO is simulated at {url}", "bold")
    output.message(f"No money moves; Ctrl-C ends it. Seed {seed}. To have a payment succeed:")
    output.message(f"  {_SETTLE.format(url=url)}")
    output.document(
        {"command": "simulate", "url": url, "seed": seed, "client_id": client_id}, lines=False
    )


def _cannot_listen(host: str, port: int, error: OSError) -> PreconditionError:
    if error.errno == errno.EADDRINUSE:
        hint = (
            f"Something else listens there, perhaps another `kgscaffold simulate`. Take another"
            f" port, as by --port {port % 65535 + 1}, and put it into the shop's .env."
        )
    elif error.errno == errno.EACCES:
        hint = "Take a port above 1023 by --port."
    else:
        hint = "Name an address of this machine by --host, as 127.0.0.1."
    return PreconditionError(
        f"cannot listen on {host}:{port}: {error.strerror or error}", hint=hint
    )
