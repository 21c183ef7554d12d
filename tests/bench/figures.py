"""Figures: a name, a value, and its ratio to a baseline of the same run; printed and written."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

FILE = Path("build/bench.json")


@dataclass
class Figure:
    """One line of the table."""

    name: str
    value: float
    unit: str
    baseline: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.baseline if self.baseline else None


def quantile(values: list[float], share: float) -> float:
    """The value below which `share` of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def publish(figures: list[Figure], file: Path = FILE) -> None:
    """Print the table and write it, as a rule to `build/bench.json`."""
    show(figures)
    file.parent.mkdir(exist_ok=True)
    rows = [asdict(figure) | {"ratio": figure.ratio} for figure in figures]
    file.write_text(json.dumps(rows, indent=1))


def show(figures: list[Figure]) -> None:
    """Print the table."""
    table = Table("figure", "value", "unit", "baseline", "ratio", box=None)
    for figure in figures:
        baseline = "" if figure.baseline is None else f"{figure.baseline:.4g}"
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        table.add_row(figure.name, f"{figure.value:.4g}", figure.unit, baseline, ratio)
    Console(width=100).print(table)
