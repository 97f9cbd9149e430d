"""A study as a markdown table, for a comment on a pull request."""

from collections.abc import Iterable

from canary_runner.model.scenario import Scenario
from canary_runner.model.study import Characteristics, StudyResult
from canary_runner.reporting.markdown import cell, row
from canary_runner.reporting.study_notes import caught, falsely, notes
from canary_runner.reporting.study_words import amount, chance, time

HEADS = (
    "policy",
    "service",
    "scenario",
    "rolls back",
    "completes",
    "pauses",
    "caught p50",
    "caught p95",
    "takes p50",
    "extra errors",
)


def study_markdown(result: StudyResult, builtin: Iterable[Scenario] = ()) -> str:
    """Return the table and, beneath it, what the text says beneath its own; of a sweep the sizes are the scenarios."""
    rows = [(one.scenario, one) for one in result.results]
    rows += [
        (f"{sweep.route} {point.written}", point.characteristics) for sweep in result.sweeps for point in sweep.points
    ]
    lines = [row(HEADS), "|---|---|---|" + "---:|" * (len(HEADS) - 3)]
    lines += [row(_cells(name, one)) for name, one in rows]
    found = [one for _, one in rows]
    told = [sentence for one in result.results for sentence in falsely(one)]
    told += [line.strip() for sweep in result.sweeps for line in caught(sweep)]
    told += notes(result.inputs, found, result.is_complete, builtin)
    return "\n".join([*lines, "", *(f"{cell(one)}  " for one in told)]) + "\n"


def _cells(name: str, one: Characteristics) -> tuple[str, ...]:
    return (
        one.policy,
        one.service,
        name,
        chance(one.rollback_probability),
        chance(one.completion_probability),
        chance(one.pause_probability),
        time(one.time_to_rollback_s.p50),
        time(one.time_to_rollback_s.p95),
        time(one.rollout_duration_s.p50),
        amount(one.extra_errors.mean),
    )
