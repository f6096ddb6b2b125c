"""`kgscaffold simulate`: a local KryptoGO."""

from __future__ import annotations

import errno
from typing import Annotated

from typer import Option

from kgscaffold.cli.command import command
from kgscaffold.cli.common import Json, NoColor, Quiet, Verbose, help_end
from kgscaffold.errors import PreconditionError, no_room
from kgscaffold.output import Output
from kgscaffold.simulator import API_KEY, CLIENT_ID, PORT

_SETTLE = (
    "curl -X POST {url}/_simulator/intents/INTENT/status"
    """ -H 'Content-Type: application/json' -d '{{"status":"success"}}'"""
)


application, simulate_command = command(
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


@simulate_command
def simulate(
    *,
    host: Annotated[str, Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = PORT,
    seed: Annotated[
        int | None, Option(help="Give the payment ids of another run again [new ones].")
    ] = None,
    client_id: Annotated[str, Option(help="Client id it accepts.")] = CLIENT_ID,
    api_key: Annotated[str, Option(help="API key it accepts.")] = API_KEY,
    exit_with_input: Annotated[
        bool, Option("--exit-with-input", help="End when standard input does, for programs.")
    ] = False,
    json_mode: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Run a local KryptoGO: its API, its callbacks, and calls that settle payments.

    It forgets everything when it ends. JSON, one line as soon as it listens: {"schema",
    "command", "url", "seed", "client_id"}.
    """
    import secrets

    from kgscaffold.simulator.server import run
    from kgscaffold.simulator.simulation import Credentials, Simulation

    output = Output(json_mode=json_mode, quiet=quiet, verbose=verbose, color=not no_color)
    chosen = secrets.randbelow(2**31) if seed is None else seed
    simulation = Simulation(chosen, Credentials(client_id, api_key))

    def announce(url: str) -> None:
        _announce(output, url, chosen, client_id)

    try:
        run(simulation, host, port, announce, watch_input=exit_with_input)
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
