"""A study as a markdown table, for a comment on a pull request."""

from canary_runner.model.study import Characteristics, StudyResult
from canary_runner.reporting.markdown import cell, row
from canary_runner.reporting.study_words import amount, chance, how_obtained, named_alike, time

HEADS = (
    "policy",
    "service",
    "scenario",
    "rolls back",
    "completes",
    "caught p50",
    "caught p95",
    "takes p50",
    "extra errors",
)


def study_markdown(result: StudyResult) -> str:
    """Return the table and, beneath it, how its numbers were obtained; of a sweep the sizes are the scenarios."""
    rows = [(one.scenario, one) for one in result.results]
    rows += [
        (f"{sweep.route} {point.written}", point.characteristics) for sweep in result.sweeps for point in sweep.points
    ]
    lines = [row(HEADS), "|---|---|---|" + "---:|" * (len(HEADS) - 3)]
    lines += [row(_cells(name, one)) for name, one in rows]
    notes = how_obtained((one for _, one in rows), result.inputs.seed)
    notes += [cell(note) for note in named_alike(result.inputs.policies)]
    return "\n".join([*lines, "", *(f"{note}  " for note in notes)]) + "\n"


def _cells(name: str, one: Characteristics) -> tuple[str, ...]:
    return (
        one.policy,
        one.service,
        name,
        chance(one.rollback_probability),
        chance(one.completion_probability),
        time(one.time_to_rollback_s.p50),
        time(one.time_to_rollback_s.p95),
        time(one.rollout_duration_s.p50),
        amount(one.extra_errors.mean),
    )
