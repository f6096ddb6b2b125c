"""The command line of the simulator's process."""

from __future__ import annotations

import argparse

from kgscaffold.simulator.server import run
from kgscaffold.simulator.simulation import Credentials, Simulation


def main() -> None:
    """Run a simulator as the arguments say."""
    defaults = Credentials()
    parser = argparse.ArgumentParser("python -m kgscaffold.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--client-id", default=defaults.client_id)
    parser.add_argument("--api-key", default=defaults.api_key)
    parser.add_argument(
        "--exit-with-input", action="store_true", help="end when standard input is closed"
    )
    arguments = parser.parse_args()
    simulation = Simulation(arguments.seed, Credentials(arguments.client_id, arguments.api_key))
    try:
        run(simulation, arguments.host, arguments.port, watch_input=arguments.exit_with_input)
    except (OSError, OverflowError) as error:
        parser.exit(1, f"cannot listen on {arguments.host}:{arguments.port}: {error}\n")


if __name__ == "__main__":
    main()
