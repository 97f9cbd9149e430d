"""What `study` and `compare` are asked alike: the world, and how hard to try."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from canary_runner.cli.completing import scenario_names
from canary_runner.cli.types import FILE, MAX_SEED, Assignment, Clock, Delay, Precision, WholeNumber, Word, set_once

if TYPE_CHECKING:
    from canary_runner.model.study import StudyOptions

F = TypeVar("F", bound=Callable[..., Any])
MOST_RUNS = 10_000_000
MOST_JOBS = 256
SET_HELP = "Change every scenario, key by key: canary.error_rate=+2pp. Repeatable."
RUNS_HELP = "Rollouts to sample.  [default: until --precision is reached]"
PRECISION_HELP = "Half the width of the intervals of sampled chances.  [default: 0.5pp]"
SHARE_HELP = "Half the width of the intervals of sampled chances; 10% for a tenth of a rollback's.  [default: 0.5pp]"
SCENARIO_HELP = "What the release truly does. Repeatable.  [default: healthy and all of --scenarios, else all built-in]"
METHODS = Word(["auto", "exact", "sample"])


def world_options(function: F) -> F:
    """Add the options that say in which world policies act."""
    return _with(
        function,
        click.option("--service", type=FILE, help="Traffic and normal rates.  [default: generic-web]"),
        click.option("--scenario", "names", multiple=True, shell_complete=scenario_names, help=SCENARIO_HELP),
        click.option("--scenarios", type=FILE, multiple=True, help="A file with more scenarios. Repeatable."),
        click.option("--set", "sets", type=Assignment(), callback=set_once, multiple=True, help=SET_HELP),
        click.option("--start-at", type=Clock(), help="Time of day of the start.  [default: 08:00]"),
        click.option("--approval-after", type=Delay(), help="Open every gate after a while.  [default: at once]"),
    )


def effort_options(function: F, precision_help: str = SHARE_HELP) -> F:
    """Add the options that say how numbers are obtained."""
    return _with(
        function,
        click.option("--method", type=METHODS, default="auto", show_default=True),
        click.option("--runs", type=WholeNumber(MOST_RUNS, 1), help=RUNS_HELP),
        click.option("--precision", type=Precision(), help=precision_help),
        click.option("--seed", type=WholeNumber(MAX_SEED), default=0, show_default=True, help="Which luck."),
        click.option(
            "--jobs",
            type=WholeNumber(MOST_JOBS, 1),
            default=1,
            show_default=True,
            help="Threads; no number depends on it.",
        ),
    )


def _with(function: F, *options: Callable[[F], F]) -> F:
    for option in reversed(options):
        function = option(function)
    return function


def refuse_effort(said: Mapping[str, Any], *names: str) -> None:
    """Raise click.UsageError if one of the options `names` says how much to sample where nothing is sampled."""
    for name in names:
        if said["method"] == "exact" and said[name] is not None:
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(f"{option} says how much to sample, and --method exact samples nothing: choose one")


def study_options(said: Mapping[str, Any]) -> StudyOptions:
    """Return the options of this call. Raises click.UsageError if two contradict each other."""
    from canary_runner.model.study import StudyOptions

    if said["runs"] is not None and said["precision"] is not None:
        raise click.UsageError("--runs and --precision both say when to stop: choose one")
    refuse_effort(said, "runs", "precision")
    precision, relative = said["precision"] or (None, None)
    return StudyOptions(
        said["method"],
        said["runs"],
        precision,
        relative,
        seed=said["seed"],
        jobs=said["jobs"],
        start_at_s=said["start_at"],
        approval_delay_s=said["approval_after"] or 0,
    )
