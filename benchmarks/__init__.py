"""Measurements: `python -m benchmarks.NAME`, from the repository's folder."""

import sys
from pathlib import Path

# As in pytest's `pythonpath`: what makes the cells' projects is shared with the tests.
sys.path.append(str(Path(__file__).parents[1] / "scripts"))
