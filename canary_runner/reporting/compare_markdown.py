"""A comparison as one markdown table, for a comment on a pull request."""

from canary_runner.model.comparison import CompareResult
from canary_runner.reporting.compare_words import HEADS, assumed, how_compared, rows
from canary_runner.reporting.study_markdown import line
from canary_runner.reporting.study_words import how_obtained

COLUMNS = ("policy", "against", "scenario", "", "reference", "policy", *HEADS)


def compare_markdown(result: CompareResult) -> str:
    """Return the table and, beneath it, how its numbers were obtained and what was assumed."""
    lines = [line(COLUMNS), "|---|---|---|---|---:|---:|---:|---|---|"]
    for one in result.comparisons:
        lines += [
            line(
                (
                    one.policy.policy,
                    one.reference.policy,
                    row.scenario,
                    row.number,
                    row.reference,
                    row.policy,
                    row.difference,
                    row.differs,
                    row.interval,
                )
            )
            for row in rows([one])
        ]
    notes = [*how_obtained(result.results, result.inputs.seed), *how_compared(result.comparisons)]
    lists = [f"\n{assumed(built)}\n" + "".join(f"\n- {one}" for one in built.assumptions) for built in result.built]
    return "\n".join([*lines, "", *(f"{note}  " for note in notes), *lists]) + "\n"
