"""Percentiles of the canary's latency compared with the baseline's: where they can lie, and which are too slow.

A percentile is an edge of a class. What a comparison says depends on the classes of both arms' percentiles, and the
slower the baseline's, the less it says: for each class of the canary there is a last class of the baseline that is
exceeded. Neighbouring classes of the canary with the same one are joined.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.outcomes.baseline import Baseline
from canary_runner.compiling.outcomes.slowness import Bound, chances_of_all
from canary_runner.compiling.outcomes.totals import Totals, lower_tails, sums
from canary_runner.judges import MAX_OVER_BASELINE, PercentileLimit, asked_limits, latency_max
from canary_runner.model.policy import LatencyCheck
from canary_runner.stats.outward import Floats, Ints

POSSIBLE = 1e-13
"""Latency classes that hold a percentile with less than this chance, whatever the total, are not looked at."""

LEFT_OUT = 1e-11
"""Classes at either end that hold a percentile with less than this chance, all together, are joined to the next."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """One compared percentile."""

    canary: Bound  # its choices are runs of classes in which the comparison says the same
    baseline: Bound  # its choices are the last classes that are exceeded; the very last is all
    exceeded: NDArray[np.intp]  # for each run, how many of the baseline's choices are: 0 is none, and there is no class


def comparison(
    check: LatencyCheck,
    canary: tuple[Totals, Floats],
    baseline: tuple[Totals, Floats],
    edges_us: tuple[int, ...],
) -> Comparison:
    """Return where both arms' percentiles can be, from their totals and the shares slower than each edge."""
    ours, theirs = (latency_max.allowed(check, totals.numbers) for totals, _ in (canary, baseline))
    places, classes = (_likely_classes(*arm, allowed) for arm, allowed in ((canary, ours), (baseline, theirs)))
    judge = dict(asked_limits(check, True))[MAX_OVER_BASELINE]
    edges = np.asarray(edges_us, np.int64)
    assert isinstance(judge, PercentileLimit)
    is_over = judge.is_exceeded(check, edges[places][:, None], edges[classes][None])
    below = is_over.sum(axis=1)  # so many of the baseline's classes, the first ones, are exceeded
    ends = np.flatnonzero(np.append(np.diff(below) != 0, True))
    kinds = below[ends][(below[ends] > 0) & (below[ends] < classes.size)]
    return Comparison(
        Bound(np.append(canary[1][places[ends[:-1]]], 0.0), ours),
        Bound(np.append(baseline[1][classes[kinds - 1]], 0.0), theirs),
        np.searchsorted(np.append(np.zeros(1, np.intp), kinds), below[ends]),
    )


def baseline_within(comparisons: Sequence[Comparison], baseline: Baseline) -> Floats:
    """Return P(the baseline's percentiles lie in exceeded classes | group), shape (groups,) + choices.

    Choice 0 of each comparison are no classes, then come those of its bound. The group of unreadable totals is left
    out. Raises NotExact.
    """
    members = [np.flatnonzero(group) for group in baseline.in_group()]
    parts = []
    for _, within in chances_of_all(baseline.totals, [one.baseline for one in comparisons]):
        inside = within * baseline.totals.chances
        groups = [sums(inside[..., group[0] : group[-1] + 1], inside.ndim - 1) for group in members]
        parts.append(np.stack([*groups, np.zeros(inside.shape[:-1])]))
    shares = np.append(baseline.group_chances, 1.0).reshape(-1, *(1 for _ in comparisons))
    found: Floats = (np.concatenate(parts, axis=1) / shares)[:-1]
    return np.pad(found, [(0, 0), *((1, 0) for _ in comparisons)])


def exactly_exceeded(comparisons: Sequence[Comparison], within: Floats, part: slice) -> Floats:
    """Return P(exactly these comparisons are exceeded | group, runs of the canary's classes).

    Args:
        comparisons: of one stage.
        within: from `baseline_within`.
        part: which runs of the first comparison.

    Returns:
        Shape (2,) * comparisons + (groups,) + runs.
    """
    found = within
    for i, one in enumerate(comparisons):
        axis = 2 * i + 1
        choices = one.exceeded if i else one.exceeded[part]
        exceeded = found.take(choices, axis=axis)
        found = np.stack((found.take([-1] * choices.size, axis=axis) - exceeded, exceeded), axis=i)
    chances: Floats = np.maximum(found, 0.0)
    return chances


def _likely_classes(totals: Totals, slower: Floats, allowed: Ints) -> Ints:
    """Return the classes, a range, that can hold a percentile with more than a negligible chance."""
    classes = _possible_classes(totals, slower, allowed)
    within = lower_tails(totals, slower[classes], np.broadcast_to(allowed, (classes.size, allowed.size)))
    until = sums(within * totals.chances, 1)
    begin = int(np.argmax(until > LEFT_OUT)) if until[-1] > LEFT_OUT else classes.size - 1
    end = int(np.argmax(until >= 1 - LEFT_OUT)) if until[-1] >= 1 - LEFT_OUT else classes.size - 1
    return classes[begin : max(begin, end) + 1]


def _possible_classes(totals: Totals, slower: Floats, allowed: Ints) -> Ints:
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
