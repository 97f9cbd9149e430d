"""A comparison as text: a table for every policy against the first, then what was assumed."""

from collections.abc import Iterable, Sequence

from canary_runner.model.comparison import Built, CompareResult, Comparison
from canary_runner.model.scenario import Scenario
from canary_runner.reporting.cells import cut, wrapped
from canary_runner.reporting.compare_words import HEADS, Row, assumed, by_policy, how_compared, rows, title
from canary_runner.reporting.look import Look
from canary_runner.reporting.study_notes import notes
from canary_runner.reporting.study_table import Block
from canary_runner.reporting.table import table, told

MARGIN = "- "
RIGHT = (False, False, True, True, True, False, False)


def compare_text(result: CompareResult, look: Look, builtin: Iterable[Scenario] = ()) -> str:
    """Return the tables, then how their numbers were obtained, and which of the `builtin` scenarios are others here."""
    blocks = [_block(block, look) for block in by_policy(result.comparisons)]
    lines = [line for _, block in blocks for line in (*block, "")]
    left_out = [sentence for missing, _ in blocks for sentence in missing]
    said = [*notes(result.inputs, result.results, result.is_complete, builtin), *how_compared(result.comparisons)]
    below = [*told(left_out, look), *(line for note in said for line in wrapped(note, look.width))]
    below += [line for built in result.built for line in _assumptions(built, look)]
    return "\n".join([*lines, *(look.paint(line, "dim") for line in below)]) + "\n"


def _assumptions(built: Built, look: Look) -> list[str]:
    told = [assumed(built)]
    for sentence in built.assumptions:
        first, *rest = wrapped(sentence, look.width - len(MARGIN))
        told += [f"- {first}", *(f"  {line}" for line in rest)]
    return told


def _block(comparisons: Sequence[Comparison], look: Look) -> Block:
    first = comparisons[0]
    mark, longest = look.symbol("cut"), max(look.width // 6, 12)  # the title says the names in full
    names = (cut(one.policy, longest, mark) for one in (first.reference, first.policy))
    heads = ("scenario", "", *names, *HEADS)
    head, lines, left_out = table(heads, _cells(list(rows(comparisons))), RIGHT, look)
    return left_out, [look.paint(title(first), "bold"), look.paint(head, "dim"), *lines]


def _cells(found: Sequence[Row]) -> list[tuple[str, ...]]:
    """Return the cells; a scenario is named in its first row."""
    before = ["", *(row.scenario for row in found)]
    return [
        (
            "" if row.scenario == last else row.scenario,
            row.number,
            row.reference,
            row.policy,
            row.difference,
            row.differs,
            row.interval,
        )
        for row, last in zip(found, before, strict=False)
    ]
