"""A comparison as markdown tables, for a comment on a pull request."""

from collections.abc import Iterable, Sequence

from canary_runner.model.comparison import CompareResult, Comparison
from canary_runner.model.scenario import Scenario
from canary_runner.reporting.compare_words import HEADS, assumed, by_policy, how_compared, rows, title
from canary_runner.reporting.markdown import cell
from canary_runner.reporting.markdown import row as markdown_row
from canary_runner.reporting.study_notes import notes


def compare_markdown(result: CompareResult, builtin: Iterable[Scenario] = ()) -> str:
    """Return a table for every policy against the first; beneath, what the text says beneath its own."""
    blocks = [text for some in by_policy(result.comparisons) for text in (*_table(some), "")]
    told = [*notes(result.inputs, result.results, result.is_complete, builtin), *how_compared(result.comparisons)]
    lists = [f"\n{assumed(built)}\n" + "".join(f"\n- {one}" for one in built.assumptions) for built in result.built]
    return "\n".join([*blocks, *(f"{cell(one)}  " for one in told), *lists]) + "\n"


def _table(comparisons: Sequence[Comparison]) -> list[str]:
    first = comparisons[0]
    heads = ("scenario", "", first.reference.policy, first.policy.policy, *HEADS)
    body = [
        markdown_row((row.scenario, row.number, row.reference, row.policy, row.difference, row.differs, row.interval))
        for row in rows(comparisons)
    ]
    return [f"**{title(first)}**", "", markdown_row(heads), "|---|---|---:|---:|---:|---|---|", *body]
