"""The outcome of the check of the error rate, given the canary's total, for some nodes of all totals."""

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.outcomes.baseline import Baseline
from canary_runner.compiling.outcomes.evidence import chance_of_evidence
from canary_runner.compiling.outcomes.known import BURSTS, POISSON
from canary_runner.compiling.outcomes.totals import Totals, given_totals, lower_tails, sums
from canary_runner.judges import MAX, MAX_OVER_BASELINE, CanaryLimit, RateLimit, asked_limits, outcome_code
from canary_runner.model.outcomes import Outcome
from canary_runner.model.policy import ErrorCheck
from canary_runner.stats.nodes import Nodes, nodes
from canary_runner.stats.outward import Floats, Ints

Bools = NDArray[np.bool_]

EVERY = 500_000
"""Up to this many terms every total of the canary is a node: where counts are small nothing is smooth in them."""

EVERY_BURST = 10_000_000
"""The same where errors come in bursts, or arrivals are constant: tables are wide there, and cheap."""

STEPS, EVERY_STEP = 2e-5, 20_000_000
"""The same where single error rates of the baseline have such chances: between them nothing can be interpolated."""

EVERY_SURE = 3_000_000
EVERY_SURE_BURST = 60_000_000
"""The same for comparisons that ask for evidence."""

TO_TURN = 25
"""Terms that cost as much as to find where a limit turns for one pair of the canary's total and errors."""

PER_DEVIATION = 4
"""Cells in a standard deviation of the canary's totals where a comparison asks for evidence."""


CELLS = 12_000
"""Pairs of the canary's total and errors that are worked on at a time: they stay near the processor."""


@dataclass(frozen=True, slots=True, eq=False)
class ErrorOutcomes:
    """Chances of the outcomes of a check and the baseline's groups, the unreadable one first.

    `fine` and `coarse` have the shape (outcomes, groups, nodes) and hold P(outcome and group | total), by a rule and by
    one of half its points. A function of the total is `jagged` where what it counts turns at whole numbers and does not
    only bend: then every cell errs its own way.
    """

    nodes: Nodes
    fine: Floats
    coarse: Floats
    is_jagged: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What the canary's arm is, for its errors."""

    totals: Totals
    error_rate: float
    burstiness: float
    needed: int


def error_outcomes(check: ErrorCheck, canary: Side, baseline: Baseline | None) -> ErrorOutcomes:
    """Return the chances of the check's outcomes; without a baseline nothing is compared and there is one group."""
    limits = dict(asked_limits(check, baseline is not None))
    numbers = canary.totals.numbers
    allowed = None
    if MAX in limits:
        allowed = cast(CanaryLimit, limits[MAX]).allowed(check, numbers)
    jumps = numbers == canary.needed
    if allowed is not None:
        jumps = jumps | np.append(True, np.diff(allowed) != 0)
    if MAX_OVER_BASELINE not in limits or baseline is None:
        return _alone(canary, allowed, baseline)
    is_evidence = check.confidence is not None
    if _terms(canary, baseline, is_evidence) <= _most_terms(baseline, is_evidence):
        jumps = np.ones(numbers.size, np.bool_)
    widest = int(canary.totals.deviation / (PER_DEVIATION if is_evidence else 2 if baseline.step >= STEPS else 1))
    chosen = nodes(numbers.size, jumps, widest)
    kept = None if allowed is None else allowed[chosen.at]
    masses = _masses(check, canary, baseline, numbers[chosen.at], kept)
    found = _outcomes(canary, baseline, numbers[chosen.at], masses, has_limit=allowed is not None)
    return ErrorOutcomes(chosen, found[0], found[-1], is_jagged=True)


def _terms(canary: Side, baseline: Baseline, is_evidence: bool) -> float:
    """Return about how many terms there are if every total of the canary is a node."""
    pairs = canary.totals.chances.size * _width(canary)
    return pairs * (TO_TURN + baseline.open_errors if is_evidence else baseline.terms)


def _most_terms(baseline: Baseline, is_evidence: bool) -> int:
    few, burst = (EVERY_SURE, EVERY_SURE_BURST) if is_evidence else (EVERY, EVERY_BURST)
    enough = few if baseline.is_thinned else burst
    return enough if is_evidence or baseline.step < STEPS else max(enough, EVERY_STEP)


def _width(canary: Side) -> int:
    """Return how many counts of errors the largest total can have."""
    if canary.totals.is_poisson and canary.burstiness == 0:
        return POISSON[canary.totals.mean * canary.error_rate].probabilities.size
    return BURSTS[int(canary.totals.numbers[-1]), canary.error_rate, canary.burstiness].probabilities.size


def _alone(canary: Side, allowed: Ints | None, baseline: Baseline | None) -> ErrorOutcomes:
    """Without a comparison every total is a node."""
    totals = canary.totals
    every = nodes(totals.chances.size, np.ones(totals.chances.size, np.bool_), 1)
    found = np.zeros((len(Outcome), 1, totals.chances.size))
    passes = np.ones(totals.chances.size) if allowed is None else _passes(canary, allowed)
    first = min(max(canary.needed - totals.first, 0), totals.chances.size)  # the first total that can be read
    for exceeded, chance in ((False, passes), (True, 1 - passes)):
        for can_read, part in ((False, slice(first)), (True, slice(first, None))):
            limits = (exceeded,) * (allowed is not None)
            found[outcome_code(limits, (can_read,) * len(limits)), 0, part] += chance[part]
    groups = np.ones(1) if baseline is None else np.append(baseline.unreadable, baseline.group_chances)
    spread = found * groups[:, None]
    return ErrorOutcomes(every, spread, spread)


def _passes(canary: Side, allowed: Ints) -> Floats:
    if canary.burstiness == 0:
        tails: Floats = lower_tails(canary.totals, np.array([canary.error_rate]), allowed[None])[0]
        return tails
    errors, chances = given_totals(canary.totals, canary.totals.numbers, canary.error_rate, canary.burstiness)
    return sums(np.where(errors <= allowed[:, None], chances, 0.0), 1)


@dataclass(frozen=True, slots=True, eq=False)
class _Masses:
    """Sums over the canary's errors given its total, by one rule or by a fine and a coarse one."""

    whole: Floats  # shape (nodes,)
    fixed: Floats  # of errors over the fixed limit
    compared: Floats  # P(the compared limit is exceeded, group), shape (rules, groups, nodes)
    both: Floats


def _masses(check: ErrorCheck, canary: Side, baseline: Baseline, totals: Ints, allowed: Ints | None) -> _Masses:
    """Sum over the canary's errors: each is over the fixed limit or not, and with a chance over the compared one."""
    height = totals.size
    if check.confidence is None:
        height = max(1, CELLS // _width(canary))
    parts = []
    for start in range(0, totals.size, height):
        part = slice(start, start + height)
        errors, chances = given_totals(canary.totals, totals[part], canary.error_rate, canary.burstiness)
        fine, coarse = _chance_over(check, baseline, totals, totals[part], errors, chances)
        rules = (fine,) if coarse is fine else (fine, coarse)
        over = None if allowed is None else errors > allowed[part, None]
        parts.append(_summed(chances, rules, over))
    return _Masses(*(np.concatenate(each, axis=-1) for each in zip(*parts, strict=True)))


def _summed(chances: Floats, rules: tuple[Floats, ...], over: Bools | None) -> tuple[Floats, ...]:
    """Return the sums over errors of chances, shape (nodes, errors), as `_Masses` has them."""
    whole = sums(chances, 1)
    compared = [chances * rule for rule in rules]
    found = np.stack([sums(one, 2) for one in compared])
    if over is None:
        return whole, np.zeros(whole.shape), found, np.zeros(found.shape)
    return whole, sums(chances * over, 1), found, np.stack([sums(one * over, 2) for one in compared])


def _outcomes(canary: Side, baseline: Baseline, totals: Ints, masses: _Masses, *, has_limit: bool) -> Floats:
    """Return P(outcome, group | total), shape (rules, outcomes, groups, nodes)."""
    unreadable, within = baseline.unreadable, baseline.group_chances[:, None]
    whole, fixed, compared, both = masses.whole, masses.fixed, masses.compared, masses.both
    first = int(np.searchsorted(totals, canary.needed))  # the first total that can be read
    rules, groups, size = compared.shape
    found = np.zeros((rules, len(Outcome), 1 + groups, size))
    for is_over, is_worse, is_readable, chance in (
        (True, True, True, both),
        (False, True, True, compared - both),
        (True, False, True, fixed * within - both),
        (False, False, True, (whole - fixed) * within - (compared - both)),
        (True, False, False, fixed * unreadable),
        (False, False, False, (whole - fixed) * unreadable),
    ):
        if is_over and not has_limit:
            continue
        limits = (is_over, is_worse) if has_limit else (is_worse,)
        for can_read, part in ((False, slice(first)), (True, slice(first, None))):
            reads = (*([can_read] * has_limit), can_read and is_readable)
            group = slice(1, None) if is_readable else slice(0, 1)
            found[:, outcome_code(limits, reads), group, part] += np.maximum(chance[..., part], 0.0)
    return found


def _chance_over(
    check: ErrorCheck, baseline: Baseline, every: Ints, totals: Ints, errors: Ints, chances: Floats
) -> tuple[Floats, Floats]:
    """Return P(the compared limit is exceeded, group) by a fine and a coarse rule, shape (groups, nodes, errors).

    Args:
        check, baseline: what is asked, and of whom.
        every: all nodes.
        totals: some of them.
        errors: the canary's, shape (errors,).
        chances: P(errors | total), shape (nodes, errors).
    """
    limit = dict(asked_limits(check, True))[MAX_OVER_BASELINE]
    if check.confidence is not None:
        return chance_of_evidence(check, limit, baseline, totals, errors, chances)
    above, below = cast(RateLimit, limit).baseline_bound(check, errors[None], totals[:, None])
    return baseline.lower_rate(above, below, every.size * errors.size)
