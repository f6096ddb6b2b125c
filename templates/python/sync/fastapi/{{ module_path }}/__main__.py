# kgscaffold:id=module/main
"""The commands for the people who run the shop: `python -m` this package, `--help`."""

from .core.ops import main

raise SystemExit(main())
