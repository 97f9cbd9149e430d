"""The joint outcomes of the checks of latency, given the canary's total."""

from collections.abc import Collection, Sequence
from itertools import product
from typing import cast

import numpy as np

from canary_runner.compiling.outcomes.baseline import Baseline
from canary_runner.compiling.outcomes.comparisons import Comparison, baseline_within, comparison, exactly_exceeded
from canary_runner.compiling.outcomes.slowness import Bound, joint_chances
from canary_runner.compiling.outcomes.totals import Totals, sums
from canary_runner.judges import MAX, MAX_OVER_BASELINE, CanaryLimit, asked_limits, outcome_code
from canary_runner.model.policy import LatencyCheck
from canary_runner.stats.outward import Floats

Limit = tuple[LatencyCheck, str]
"""A check and the kind of one of its limits."""


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
        baseline: None where no latency is compared: one group. Else the unreadable group comes first.
        baseline_slower: share of the baseline's requests beyond each edge.
        edges_us: upper edges of the classes.
        needed: requests without which a limit cannot be read. Raises NotExact.
    """
    limits = [(c, kind) for c in checks for kind, _ in asked_limits(c, baseline is not None)]
    compared = [limit for limit in limits if limit[1] == MAX_OVER_BASELINE]
    fixed = [limit for limit in limits if limit[1] == MAX]
    bounds = [_fixed_bound(c, canary, slower, edges_us) for c, _ in fixed]
    if compared and baseline is not None:
        arms = (canary, slower), (baseline.totals, baseline_slower)
        comparisons = [comparison(c, *arms, edges_us) for c, _ in compared]
        chances = _compared(comparisons, baseline, canary, bounds)
    else:
        parts = [part for _, part in joint_chances(canary, bounds)] if bounds else [np.ones(canary.chances.size)]
        chances = np.concatenate(parts)[..., None, :]
    found = np.zeros((3,) * len(checks) + chances.shape[-2:])
    unreadable = int((canary.numbers < needed).sum())
    for over in product((False, True), repeat=len(limits)):
        exceeded = {limit for limit, is_over in zip([*compared, *fixed], over, strict=True) if is_over}
        _add(found, checks, limits, exceeded, chances[tuple(map(int, over))], unreadable)
    return found


def _fixed_bound(check: LatencyCheck, canary: Totals, slower: Floats, edges_us: tuple[int, ...]) -> Bound:
    judge = cast(CanaryLimit, dict(asked_limits(check, False))[MAX])
    assert check.max_us is not None
    allowed = judge.allowed(check, canary.numbers)
    return Bound(np.array([slower[edges_us.index(check.max_us)], 0.0]), allowed)


def _compared(comparisons: Sequence[Comparison], baseline: Baseline, canary: Totals, bounds: Sequence[Bound]) -> Floats:
    """Sum over the runs of classes in which the canary's compared percentiles can be.

    Returns:
        The chances of which comparisons and which fixed limits are exceeded, shape (2,) * comparisons + (2,) * bounds +
        (groups, totals). Where the baseline cannot be read no comparison is exceeded.
    """
    within = baseline_within(comparisons, baseline)
    patterns, rest = (*(2 for _ in comparisons), len(within)), (*(2 for _ in bounds), canary.chances.size)
    found, whole = np.zeros((*patterns, *rest)), np.zeros(rest)
    for part, joint in joint_chances(canary, [*(one.canary for one in comparisons), *bounds]):
        runs = joint.reshape(-1, *rest)
        shares = exactly_exceeded(comparisons, within, part).reshape(-1, len(runs))
        found += np.einsum("qr,rt->qt", shares, runs.reshape(len(runs), -1)).reshape(found.shape)
        whole += sums(runs, 0)
    unread = np.zeros((*patterns[:-1], *rest[:-1], 1, rest[-1]))
    unread[(0,) * len(comparisons)] = whole[..., None, :]
    return np.concatenate((unread, np.moveaxis(found, len(comparisons), -2)), axis=-2)


def _add(
    found: Floats,
    checks: Sequence[LatencyCheck],
    limits: Collection[Limit],
    exceeded: Collection[Limit],
    chances: Floats,
    unreadable: int,
) -> None:
    """Add chances, shape (groups, totals), to the outcomes that follow from which limits are exceeded.

    The first group of the baseline cannot be read, nor can the first `unreadable` totals of the canary.
    """
    for baseline_reads, canary_reads in product((False, True), repeat=2):
        part = (
            slice(1, None) if baseline_reads else slice(1),
            slice(unreadable, None) if canary_reads else slice(unreadable),
        )
        readable = {MAX: canary_reads, MAX_OVER_BASELINE: canary_reads and baseline_reads}
        codes = []
        for check in checks:
            own = [limit for limit in limits if limit[0] is check]
            is_over = tuple(limit in exceeded for limit in own)
            codes.append(outcome_code(is_over, tuple(readable[kind] for _, kind in own)))
        found[(*codes, *part)] += chances[part]
