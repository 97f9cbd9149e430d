"""Two sides measured in turn, so that a busy machine slows both, and the table of their ratios."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    what: str
    against: str
    ratio: float
    goal: float
    is_at_most: bool = True

    @property
    def is_reached(self) -> bool:
        return self.ratio <= self.goal if self.is_at_most else self.ratio >= self.goal


def wall_seconds(commands: Mapping[str, Sequence[str]], repeats: int) -> dict[str, float]:
    """Run every command once a round, `repeats` rounds, and return the fastest time of each."""
    fastest = dict.fromkeys(commands, float("inf"))
    for _ in range(repeats):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
            fastest[name] = min(fastest[name], time.perf_counter() - start)
    return fastest


def as_table(rows: Sequence[Row]) -> str:
    lines = ["| measured | against | ratio | goal | |", "|---|---|---:|---:|---|"]
    for row in rows:
        sign = "at most" if row.is_at_most else "at least"
        mark = "reached" if row.is_reached else "NOT REACHED"
        lines.append(f"| {row.what} | {row.against} | {row.ratio:.2f} | {sign} {row.goal:g} | {mark} |")
    return "\n".join(lines)
