"""The joint outcomes of the checks of latency, given the canary's total."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import product

import numpy as np

from canary_runner.compiling.outcomes.baseline import Baseline
from canary_runner.compiling.outcomes.slowness import Threshold, exceeding
from canary_runner.compiling.outcomes.totals import Totals, lower_tails, sums
from canary_runner.judges import MAX, MAX_OVER_BASELINE, asked_limits, outcome_of
from canary_runner.judges.percentile import rank
from canary_runner.model.outcomes import Outcome
from canary_runner.model.policy import LatencyCheck
from canary_runner.model.reasons import NotExact
from canary_runner.stats.outward import Floats, Ints

POSSIBLE = 1e-13
"""Latency classes that hold a percentile with less than this chance are left out."""


def latency_outcomes(
    checks: Sequence[LatencyCheck],
    canary: Totals,
    slower: Floats,
    baseline: Baseline | None,
    baseline_slower: Floats,
    edges_us: tuple[int, ...],
    needed: int,
) -> Floats:
    """Return the chances of the joint outcomes given total and group, shape (3,) * checks + (groups, totals).

    Args:
        checks: of one stage.
        canary: the law of its requests.
        slower: share of its requests beyond each edge, shape (classes,).
        baseline: None where nothing is compared: one group. The unreadable group comes first.
        baseline_slower: share of the baseline's requests beyond each edge.
        edges_us: upper edges of the classes.
        needed: requests without which a limit cannot be read. Raises NotExact.
    """
    groups = 1 if baseline is None else 1 + len(baseline.bounds)
    compared = [c for c in checks if MAX_OVER_BASELINE in dict(asked_limits(c, baseline is not None))]
    fixed = [c for c in checks if MAX in dict(asked_limits(c, baseline is not None))]
    if len(compared) > 1:
        raise NotExact("two latency percentiles of both arms are compared at once")
    thresholds = [_threshold(c, canary, slower, edges_us) for c in fixed]
    found = np.zeros((3,) * len(checks) + (groups, canary.chances.size))
    if not compared or baseline is None:
        whole = exceeding(canary, thresholds)
        for over in product((0, 1), repeat=len(fixed)):
            chances = np.broadcast_to(whole[over], found.shape[-2:])
            _add(found, checks, fixed, over, None, chances, baseline, canary, needed)
        return found
    _add_compared(
        found, checks, fixed, compared[0], thresholds, (canary, slower), (baseline, baseline_slower), edges_us, needed
    )
    return found


def _add_compared(
    found: Floats,
    checks: Sequence[LatencyCheck],
    fixed: Sequence[LatencyCheck],
    check: LatencyCheck,
    thresholds: Sequence[Threshold],
    canary: tuple[Totals, Floats],
    baseline: tuple[Baseline, Floats],
    edges_us: tuple[int, ...],
    needed: int,
) -> None:
    """Sum over the classes in which the canary's percentile can be; each is worse than the baseline's with a chance."""
    totals, slower = canary
    places, chances = _percentile_classes(check.quantile, totals, slower, thresholds)
    worse = _worse(check, places, *baseline, edges_us)  # (groups - 1, places)
    for over in product((0, 1), repeat=len(fixed)):
        here = chances[over]  # (places, totals)
        none = np.zeros((0, here.shape[1]))
        exceeded = np.stack([sums(here * row[:, None], 0) for row in worse]) if len(worse) else none
        whole = sums(here, 0)
        unread = np.concatenate((whole[None], exceeded))
        _add(found, checks, fixed, over, (check, True), unread, baseline[0], totals, needed)
        rest = np.concatenate((np.zeros((1, here.shape[1])), np.maximum(whole - exceeded, 0.0)))
        _add(found, checks, fixed, over, (check, False), rest, baseline[0], totals, needed)


def _threshold(check: LatencyCheck, canary: Totals, slower: Floats, edges_us: tuple[int, ...]) -> Threshold:
    judge = dict(asked_limits(check, False))[MAX]
    assert check.max_us is not None
    allowed = judge.allowed(check, canary.numbers)  # type: ignore[attr-defined]
    return Threshold(float(slower[edges_us.index(check.max_us)]), allowed)


def _add(
    found: Floats,
    checks: Sequence[LatencyCheck],
    fixed: Sequence[LatencyCheck],
    over: Sequence[int],
    compared: tuple[LatencyCheck, bool] | None,
    chances: Floats,
    baseline: Baseline | None,
    canary: Totals,
    needed: int,
) -> None:
    """Add chances, shape (groups, totals), to the outcomes that follow from which limits are exceeded."""
    can_read = canary.numbers >= needed
    baseline_reads = np.arange(found.shape[-2])[:, None] > 0
    codes = []
    for check in checks:
        exceeded, readable = [], []
        if check in fixed:
            exceeded.append(np.asarray(bool(over[fixed.index(check)])))
            readable.append(np.broadcast_to(can_read, chances.shape))
        if compared is not None and check is compared[0]:
            exceeded.append(np.asarray(compared[1]))
            readable.append(can_read & baseline_reads)
        codes.append(np.broadcast_to(outcome_of(exceeded, readable), chances.shape))
    for outcomes in product(Outcome, repeat=len(checks)):
        is_it = np.ones(chances.shape, np.bool_)
        for code, outcome in zip(codes, outcomes, strict=True):
            is_it &= code == outcome
        found[outcomes] += np.where(is_it, chances, 0.0)


def _percentile_classes(
    quantile: Fraction, canary: Totals, slower: Floats, thresholds: Sequence[Threshold]
) -> tuple[Ints, Floats]:
    """Return latency classes, and the chances that the percentile is in each and which thresholds are exceeded.

    Shapes (places,) and (2,) * thresholds + (places, totals). The percentile is in class j or before if at most
    total - rank requests are slower than its edge.
    """
    allowed = canary.numbers - rank(quantile, canary.numbers)
    places = _likely_classes(canary, slower, allowed)
    until = []
    for place in places:
        joint = exceeding(canary, [*thresholds, Threshold(float(slower[place]), allowed)])
        until.append(joint[..., 0, :])
    stacked = np.stack(until, axis=len(thresholds))
    before = np.concatenate((np.zeros_like(stacked[..., :1, :]), stacked[..., :-1, :]), axis=-2)
    return places, np.maximum(stacked - before, 0.0)


def _likely_classes(totals: Totals, slower: Floats, allowed: Ints) -> Ints:
    """Return the classes that can hold a percentile, from bounds of the binomial tails (Chernoff's) at the far totals.

    P(Bin(n, s) <= k) below the mean and P(Bin(n, s) >= k) above it are at most exp(-n D), with
    D = k/n ln(k/(n s)) + (1 - k/n) ln((1 - k/n)/(1 - s)).
    Source: Hoeffding (1963), Journal of the American Statistical Association 58, 13-30.
    """
    ends = [0, totals.chances.size // 2, totals.chances.size - 1]
    n = totals.numbers[ends][:, None].astype(np.float64)
    share = allowed[ends][:, None] / np.maximum(n, 1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        first = np.where(share > 0, share * np.log(share / slower), 0.0)
        second = np.where(share < 1, (1 - share) * np.log((1 - share) / (1 - slower)), 0.0)
        is_far = n * (first + second) > -np.log(POSSIBLE)
    is_before = (is_far & (share < slower)).all(axis=0)  # too many slower requests: the percentile lies beyond
    is_beyond = (is_far & (share > slower)).all(axis=0)  # so few that it lies here or before
    begin = int(np.argmin(is_before))
    end = int(np.argmax(is_beyond)) if is_beyond.any() else slower.size - 1
    return np.arange(begin, max(begin, end) + 1, dtype=np.int64)


def _worse(check: LatencyCheck, places: Ints, baseline: Baseline, slower: Floats, edges_us: tuple[int, ...]) -> Floats:
    """Return P(the canary's percentile in each class exceeds the limit | group), shape (groups, places)."""
    judge = dict(asked_limits(check, True))[MAX_OVER_BASELINE]
    totals = baseline.totals
    allowed = totals.numbers - rank(check.quantile, totals.numbers)
    members = baseline.in_group()
    if not baseline.bounds:
        return np.zeros((0, places.size))
    shares = baseline.group_chances[:, None]
    classes = _likely_classes(totals, slower, allowed)
    until = lower_tails(totals, slower[classes], np.broadcast_to(allowed, (classes.size, allowed.size)))
    until[-1] = 1.0
    inside = np.stack([sums(np.where(group, until * totals.chances, 0.0), 1) for group in members]) / shares
    chances = np.diff(inside, axis=1, prepend=0.0)  # (groups, classes)
    edges = np.asarray(edges_us, np.int64)
    is_over = judge.is_exceeded(check, edges[places][:, None], edges[classes][None])  # type: ignore[attr-defined]
    return np.stack([sums(np.where(is_over, row, 0.0), 1) for row in chances])
