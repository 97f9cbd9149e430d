"""Sums over the canary's errors given its total: how many are over the fixed limit, and over the compared one."""

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.outcomes.baseline import Baseline
from canary_runner.compiling.outcomes.evidence import chance_of_evidence
from canary_runner.compiling.outcomes.known import BURSTS, POISSON
from canary_runner.compiling.outcomes.totals import Totals, given_totals, sums
from canary_runner.judges import MAX_OVER_BASELINE, RateLimit, asked_limits
from canary_runner.model.policy import ErrorCheck
from canary_runner.stats.nodes import Nodes
from canary_runner.stats.outward import Floats, Ints
from canary_runner.stats.smooth import keys_of

Bools = NDArray[np.bool_]

CELLS = 12_000
"""Pairs of the canary's total and errors that are worked on at a time: they stay near the processor."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What the canary's arm is, for its errors."""

    totals: Totals
    error_rate: float
    burstiness: float
    needed: int


def width(canary: Side) -> int:
    """Return how many counts of errors the largest total can have."""
    if canary.totals.is_poisson and canary.burstiness == 0:
        return POISSON[canary.totals.mean * canary.error_rate].probabilities.size
    return BURSTS[int(canary.totals.numbers[-1]), canary.error_rate, canary.burstiness].probabilities.size


@dataclass(frozen=True, slots=True, eq=False)
class Masses:
    """Sums over the canary's errors given its total, by one rule or by a fine and a coarse one."""

    whole: Floats  # shape (nodes,)
    fixed: Floats  # of errors over the fixed limit
    compared: Floats  # P(the compared limit is exceeded, group), shape (rules, groups, nodes)
    both: Floats


def masses_of(check: ErrorCheck, canary: Side, baseline: Baseline, totals: Ints, allowed: Ints | None) -> Masses:
    """Sum over the canary's errors: each is over the fixed limit or not, and with a chance over the compared one."""
    height = totals.size
    if check.confidence is None:
        height = max(1, CELLS // width(canary))
    parts = []
    for start in range(0, totals.size, height):
        part = slice(start, start + height)
        errors, chances = given_totals(canary.totals, totals[part], canary.error_rate, canary.burstiness)
        fine, coarse = _chance_over(check, baseline, totals, totals[part], errors, chances)
        rules = (fine,) if coarse is fine else (fine, coarse)
        over = None if allowed is None else errors > allowed[part, None]
        parts.append(_summed(chances, rules, over))
    return Masses(*(np.concatenate(each, axis=-1) for each in zip(*parts, strict=True)))


def smooth_masses(check: ErrorCheck, canary: Side, baseline: Baseline, chosen: Nodes, allowed: Ints | None) -> Masses:
    """Sum for a few totals and interpolate; where the fixed limit jumps only the errors beyond it are others.

    The sum over errors beyond any one count is smooth in the total, so each node asks for it at its own limit.
    """
    numbers = canary.totals.numbers
    keys = keys_of(numbers.size, chosen.at)
    totals = numbers[keys.at]
    errors, chances = given_totals(canary.totals, totals, canary.error_rate, canary.burstiness)
    fine, coarse = _chance_over(check, baseline, numbers, totals, errors, chances)
    place = np.full(chosen.at.size, errors.size)
    if allowed is not None:
        place = np.clip(allowed - errors[0] + 1, 0, errors.size)
    whole, fixed = _interpolated(chances, keys.fine, place)
    found = [
        [_interpolated(chances * one, by, place) for one in rule]
        for rule, by in ((fine, keys.fine), (coarse, keys.coarse))
    ]
    compared, both = np.moveaxis(np.array(found), 2, 0)
    return Masses(whole, fixed, compared, both)


def _interpolated(terms: Floats, coefficients: Floats, place: Ints) -> tuple[Floats, Floats]:
    """Return interpolated sums of terms, shape (keys, errors), for each node: of all errors, and of those from a place
    on."""
    beyond = np.zeros((terms.shape[0], terms.shape[1] + 1))
    beyond[:, :-1] = np.cumsum(terms[:, ::-1], axis=1)[:, ::-1]
    return sums(coefficients * beyond[:, :1], 0), sums(coefficients * beyond.take(place, axis=1), 0)


def _summed(chances: Floats, rules: tuple[Floats, ...], over: Bools | None) -> tuple[Floats, ...]:
    """Return the sums over errors of chances, shape (nodes, errors), as `Masses` has them."""
    whole = sums(chances, 1)
    compared = [chances * rule for rule in rules]
    found = np.stack([sums(one, 2) for one in compared])
    if over is None:
        return whole, np.zeros(whole.shape), found, np.zeros(found.shape)
    return whole, sums(chances * over, 1), found, np.stack([sums(one * over, 2) for one in compared])


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
