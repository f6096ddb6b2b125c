"""What is printed at the end of a run: a table of cells, and of the rules that took longest."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

PROPERTY = "cell"
_FIGURES = ("deliveries", "p50 ms", "p99 ms", "max ms", "5xx", "kills", "lost", "twice")
_STORM = "storm.duplicates"
_SUMMED = ("kills", "lost", "twice")
_SLOWEST = 6


@dataclass
class RuleReport:
    """How a rule ended on a cell, as one test process tells the one that prints."""

    cell: str
    rule: str
    cases: int
    seconds: float
    cell_seconds: float
    processor_seconds: float
    """Of all rules of the cell together, and all processes they started."""
    violations: int
    figures: dict[str, float] = field(default_factory=dict)

    def told(self) -> dict[str, object]:
        """Give it as plain data."""
        return asdict(self)


def write(reporter: pytest.TerminalReporter) -> None:
    """Print the table, if there is any cell."""
    cells: dict[str, list[RuleReport]] = defaultdict(list)
    for outcome in ("passed", "failed"):
        for report in reporter.getreports(outcome):
            for name, value in report.user_properties:
                if name == PROPERTY and report.when == "call" and isinstance(value, dict):
                    cells[value["cell"]].append(RuleReport(**value))
    if not cells:
        return
    reporter.section("cells")
    heads = ["cell", "rules", "cases", "broken", "seconds", "cpu s", *_FIGURES]
    rows = [heads, *(_row(cell, reports) for cell, reports in cells.items())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    for row in rows:
        shown = [text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True)]
        reporter.write_line("  ".join([row[0].ljust(widths[0]), *shown]))
    for cell, reports in cells.items():
        slowest = sorted(reports, key=lambda report: -report.seconds)[:_SLOWEST]
        told = ", ".join(f"{report.rule} {report.seconds:.0f} s" for report in slowest)
        reporter.write_line(f"{cell}, longest: {told}")


def _row(cell: str, reports: list[RuleReport]) -> list[str]:
    counts = [len(reports), sum(one.cases for one in reports)]
    counts.append(sum(one.violations > 0 for one in reports))
    times = [f"{reports[0].cell_seconds:.0f}", f"{reports[0].processor_seconds:.0f}"]
    return [cell, *map(str, counts), *times, *(_figure(reports, name) for name in _FIGURES)]


def _figure(reports: list[RuleReport], name: str) -> str:
    wanted = [one for one in reports if name in one.figures]
    if name not in _SUMMED:
        wanted = [one for one in wanted if one.rule == _STORM]
    return f"{sum(one.figures[name] for one in wanted):.0f}" if wanted else "-"
