"""Install kgscaffold beside this repository and run its demo: `python3 scripts/demo.py [DIR]`."""

from __future__ import annotations

import os
import sys

from bootstrap import Bootstrap


def main() -> None:
    """Become `kgscaffold demo`, with the arguments of this command."""
    bootstrap = Bootstrap(extras="")
    try:
        variables = bootstrap.prepare()
    except KeyboardInterrupt:
        sys.exit(130)
    program = str(bootstrap.programs / "kgscaffold")
    os.execve(program, [program, "demo", *sys.argv[1:]], variables)


if __name__ == "__main__":
    main()
