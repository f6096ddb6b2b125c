"""A plugin of pytest: how many tests each layer has, and how long they took."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import pytest


@dataclass
class Layer:
    """The sums of one folder of tests; `seconds` of set-up and tear-down are in it."""

    tests: int = 0
    seconds: float = 0.0


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the layers, before pytest's own last line."""
    layers: dict[str, Layer] = defaultdict(Layer)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                layer = layers[report.nodeid.removeprefix("tests/").partition("/")[0]]
                layer.tests += report.when == "call"
                layer.seconds += report.duration
    terminalreporter.section("layers")
    for name, layer in layers.items():
        terminalreporter.write_line(f"{name:12} {layer.tests:5} tests {layer.seconds:7.1f} s")
