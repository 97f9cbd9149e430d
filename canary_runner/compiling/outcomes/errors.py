"""The outcome of the check of the error rate, given the canary's total, for some nodes of all totals."""

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.outcomes.baseline import Baseline
from canary_runner.compiling.outcomes.error_sums import Masses, Side, masses_of, smooth_masses, width
from canary_runner.compiling.outcomes.totals import given_totals, lower_tails, sums
from canary_runner.judges import MAX, MAX_OVER_BASELINE, CanaryLimit, asked_limits, outcome_code
from canary_runner.model.outcomes import Outcome
from canary_runner.model.policy import ErrorCheck
from canary_runner.stats.nodes import Nodes, nodes
from canary_runner.stats.outward import Floats, Ints
from canary_runner.stats.smooth import SMALLEST

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


SPREAD = 0.75
"""Deviation of the baseline's error rate, in errors of the canary, from which on no single count of them matters."""

RARE = 0.05
"""Up to this error rate sums over errors change little within a few deviations of the total."""


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
    terms = _terms(canary, baseline, is_evidence)
    is_smooth = not is_evidence and _is_smooth(canary, baseline, terms)
    if not is_smooth and terms <= _most_terms(baseline, is_evidence):
        jumps = np.ones(numbers.size, np.bool_)
    widest = int(canary.totals.deviation / (PER_DEVIATION if is_evidence else 2 if baseline.step >= STEPS else 1))
    chosen = nodes(numbers.size, jumps, widest)
    kept = None if allowed is None else allowed[chosen.at]
    if is_smooth:
        masses = smooth_masses(check, canary, baseline, chosen, kept)
    else:
        masses = masses_of(check, canary, baseline, numbers[chosen.at], kept)
    found = _outcomes(canary, baseline, numbers[chosen.at], masses, has_limit=allowed is not None)
    return ErrorOutcomes(chosen, found[0], found[-1], is_jagged=True)


def _terms(canary: Side, baseline: Baseline, is_evidence: bool) -> float:
    """Return about how many terms there are if every total of the canary is a node."""
    pairs = canary.totals.chances.size * width(canary)
    return pairs * (TO_TURN + baseline.open_errors if is_evidence else baseline.terms)


def _most_terms(baseline: Baseline, is_evidence: bool) -> int:
    few, burst = (EVERY_SURE, EVERY_SURE_BURST) if is_evidence else (EVERY, EVERY_BURST)
    enough = few if baseline.is_thinned else burst
    return enough if is_evidence or baseline.step < STEPS else max(enough, EVERY_STEP)


def _is_smooth(canary: Side, baseline: Baseline, terms: float) -> bool:
    """Tell whether sums over the canary's errors are smooth in its total.

    The baseline's rates must come from a table, which has no steps, and must be spread over about one of the canary's
    errors or more: sums over whole numbers of a bell of deviation s wave by exp(-2 pi^2 s^2) (Poisson's summation).
    """
    totals = canary.totals
    if not (totals.is_poisson and canary.burstiness == 0 and baseline.bounds and baseline.is_tabulated(terms)):
        return False
    spread = totals.mean * float(np.sqrt(baseline.error_rate / baseline.totals.mean))
    return totals.chances.size >= SMALLEST and canary.error_rate <= RARE and spread >= SPREAD


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


def _outcomes(canary: Side, baseline: Baseline, totals: Ints, masses: Masses, *, has_limit: bool) -> Floats:
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
