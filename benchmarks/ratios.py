"""Sides measured in turn, so that a busy machine slows all of them, and the table of their ratios."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One ratio and what is wanted of it: the goal is the floor, the aim is what would be better still."""

    what: str
    against: str
    ratio: float | None  # None: not measured
    goal: float | None  # None: nothing is wanted, the ratio is only shown
    is_at_most: bool = True
    aim: float | None = None
    why_not: str = ""  # of a ratio that was not measured
    in_the_way: str = ""  # of the goal, should it not be reached

    @property
    def is_reached(self) -> bool:
        """Tell whether the goal is reached; one that was not measured is not."""
        return self.goal is None or self._reaches(self.goal)

    @property
    def mark(self) -> str:
        """Return what is to be said of the ratio."""
        if self.ratio is None:
            return f"NOT MEASURED: {self.why_not}"
        if self.goal is None:
            return ""
        if not self.is_reached:
            return f"NOT REACHED: {self.in_the_way}" if self.in_the_way else "NOT REACHED"
        return "reached" if self.aim is None or not self._reaches(self.aim) else "aim reached"

    def _reaches(self, bound: float) -> bool:
        if self.ratio is None:
            return False
        return self.ratio <= bound if self.is_at_most else self.ratio >= bound


@dataclass(frozen=True)
class Side:
    """What is timed, and what must be done before it, untimed."""

    run: Callable[[], object]
    prepare: Callable[[], object] | None = None


def fastest_seconds(sides: Mapping[str, Side], repeats: int) -> dict[str, float]:
    """Run every side once a round, `repeats` rounds, and return the fastest time of each."""
    fastest = dict.fromkeys(sides, float("inf"))
    for _ in range(repeats):
        for name, side in sides.items():
            if side.prepare is not None:
                side.prepare()
            start = time.perf_counter()
            side.run()
            fastest[name] = min(fastest[name], time.perf_counter() - start)
    return fastest


def wall_seconds(commands: Mapping[str, Sequence[str]], repeats: int) -> dict[str, float]:
    """Run every command once a round, `repeats` rounds, and return the fastest time of each."""

    # as installed: a wheel brings its bytecode, a checkout writes it in the first round
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def run(command: Sequence[str]) -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=environment)

    sides = {name: Side(lambda command=command: run(command)) for name, command in commands.items()}  # type: ignore[misc]
    return fastest_seconds(sides, repeats)


def as_table(rows: Sequence[Row]) -> str:
    """Return rows as a markdown table."""
    lines = ["| measured | against | ratio | goal | aim | |", "|---|---|---:|---:|---:|---|"]
    for row in rows:
        sign = "at most" if row.is_at_most else "at least"
        goal = "" if row.goal is None else f"{sign} {row.goal:g}"
        aim = "" if row.aim is None else f"{row.aim:g}"
        lines.append(f"| {row.what} | {row.against} | {_shown(row.ratio)} | {goal} | {aim} | {row.mark} |")
    return "\n".join(lines)


def _shown(ratio: float | None) -> str:
    if ratio is None:
        return ""
    if ratio >= 100:
        return f"{ratio:,.0f}"
    return f"{ratio:.2f}" if ratio >= 0.01 or ratio == 0 else f"{ratio:.1e}"
