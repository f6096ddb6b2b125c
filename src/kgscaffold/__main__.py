"""`python -m kgscaffold`, for programs that know the interpreter but not where its scripts are."""

from __future__ import annotations

from kgscaffold.cli.main import main

if __name__ == "__main__":
    main()
