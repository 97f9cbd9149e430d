"""A comparison as markdown tables, for a comment on a pull request."""

from collections.abc import Sequence

from canary_runner.model.comparison import CompareResult, Comparison
from canary_runner.reporting.compare_words import HEADS, assumed, by_policy, how_compared, rows, title
from canary_runner.reporting.markdown import cell
from canary_runner.reporting.markdown import row as markdown_row
from canary_runner.reporting.study_words import how_obtained, named_alike


def compare_markdown(result: CompareResult) -> str:
    """Return a table for every policy against the first; beneath, how numbers were obtained and what was assumed."""
    blocks = [text for some in by_policy(result.comparisons) for text in (*_table(some), "")]
    notes = [*how_obtained(result.results, result.inputs.seed), *how_compared(result.comparisons)]
    notes += [cell(note) for note in named_alike(result.inputs.policies)]
    lists = [f"\n{assumed(built)}\n" + "".join(f"\n- {one}" for one in built.assumptions) for built in result.built]
    return "\n".join([*blocks, *(f"{note}  " for note in notes), *lists]) + "\n"


def _table(comparisons: Sequence[Comparison]) -> list[str]:
    first = comparisons[0]
    heads = ("scenario", "", first.reference.policy, first.policy.policy, *HEADS)
    body = [
        markdown_row((row.scenario, row.number, row.reference, row.policy, row.difference, row.differs, row.interval))
        for row in rows(comparisons)
    ]
    return [f"**{title(first)}**", "", markdown_row(heads), "|---|---|---:|---:|---:|---|---|", *body]
