"""A study as text: what a policy does in each scenario, the false rollback first."""

from collections.abc import Iterable, Sequence

from canary_runner.model.scenario import Scenario
from canary_runner.model.study import Characteristics, StudyResult, Sweep
from canary_runner.reporting.cells import wrapped
from canary_runner.reporting.look import Look
from canary_runner.reporting.study_notes import caught, falsely, notes
from canary_runner.reporting.study_words import (
    NONE,
    amount,
    chance,
    plain_chance,
    time,
)
from canary_runner.reporting.table import table, told

HEADS = (
    "scenario",
    "rolls back",
    "completes",
    "pauses",
    "caught p50/p95",
    "takes p50/p95",
    "extra errors",
    "mostly by",
)
RIGHT = (False, True, True, True, True, True, True, False)
SWEEP_HEADS = ("", "rolls back", "", "caught p50", "extra errors")
SWEEP_RIGHT = (False, True, False, True, True)
BAR = 20


Block = tuple[list[str], list[str]]
"""What found no room in a table, and its lines with their title."""


def study_text(result: StudyResult, look: Look, builtin: Iterable[Scenario] = ()) -> str:
    """Return the tables, then how their numbers were obtained, and which of the `builtin` scenarios are others here."""
    blocks = [_block(policy, service, rows, look) for (policy, service), rows in _by_policy(result.results)]
    blocks += [_sweep_block(sweep, look) for sweep in result.sweeps]
    found = [*result.results, *(point.characteristics for sweep in result.sweeps for point in sweep.points)]
    lines = [line for _, block in blocks for line in (*block, "")]
    left_out = [sentence for missing, _ in blocks for sentence in missing]
    said = notes(result.inputs, found, result.is_complete, builtin)
    below = [*told(left_out, look), *(line for note in said for line in wrapped(note, look.width))]
    return "\n".join([*lines, *(look.paint(note, "dim") for note in below)]) + "\n"


def _by_policy(results: Sequence[Characteristics]) -> list[tuple[tuple[str, str], list[Characteristics]]]:
    found: dict[tuple[str, str], list[Characteristics]] = {}
    for one in results:
        found.setdefault((one.policy, one.service), []).append(one)
    return list(found.items())


def _block(policy: str, service: str, rows: Sequence[Characteristics], look: Look) -> Block:
    head, lines, left_out = table(HEADS, [_row(one) for one in rows], RIGHT, look)
    lines += [line for one in rows for line in _falsely(one, look)]
    return left_out, [look.paint(f"{policy} on {service}", "bold"), look.paint(head, "dim"), *lines]


def _falsely(one: Characteristics, look: Look) -> list[str]:
    return [f" {line}" for told in falsely(one) for line in wrapped(told, look.width - 1)]


def _row(one: Characteristics) -> tuple[str, ...]:
    return (
        one.scenario,
        chance(one.rollback_probability),
        chance(one.completion_probability),
        chance(one.pause_probability),
        _pair(time(one.time_to_rollback_s.p50), time(one.time_to_rollback_s.p95)),
        _pair(time(one.rollout_duration_s.p50), time(one.rollout_duration_s.p95)),
        amount(one.extra_errors.mean),
        _mostly(one),
    )


def _pair(first: str, second: str) -> str:
    return first if first == second else f"{first}/{second}"


def _mostly(one: Characteristics) -> str:
    """Return the checks and stage behind most rollbacks, and their share of all."""
    total = one.rollback_probability.value
    if not one.decided_in or not total:
        return NONE
    top = one.decided_in[0]
    share = (top.probability.value or 0.0) / total
    return f"{'+'.join(top.checks)} in {top.stage} ({plain_chance(min(share, 1.0))})"


def _sweep_block(sweep: Sweep, look: Look) -> Block:
    """Return the detection curve and the smallest size that is surely caught."""
    if not sweep.points:
        return [], []
    first = sweep.points[0].characteristics
    rows = [
        (
            point.written,
            chance(point.characteristics.rollback_probability),
            _bar(point.characteristics.rollback_probability.value or 0.0, look),
            time(point.characteristics.time_to_rollback_s.p50),
            amount(point.characteristics.extra_errors.mean),
        )
        for point in sweep.points
    ]
    head, lines, left_out = table((sweep.route, *SWEEP_HEADS[1:]), rows, SWEEP_RIGHT, look)
    title = look.paint(f"{first.policy} on {first.service}", "bold")
    return left_out, [title, look.paint(head, "dim"), *lines, "", *(f" {line}" for line in caught(sweep))]


def _bar(share: float, look: Look) -> str:
    return ("█" if look.symbols else "#") * round(share * BAR)
