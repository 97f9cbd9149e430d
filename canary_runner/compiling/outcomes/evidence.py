"""Comparisons of error rates that ask for evidence: their tests are searched for the baseline's critical errors."""

import numpy as np

from canary_runner.compiling.outcomes.baseline import Baseline
from canary_runner.compiling.outcomes.totals import dense
from canary_runner.judges import Judge
from canary_runner.judges.counts import ArmCounts
from canary_runner.model.policy import ErrorCheck
from canary_runner.stats.laws import beta_binomial_laws
from canary_runner.stats.nodes import nodes
from canary_runner.stats.outward import Floats, Ints

POSSIBLE = 1e-13
"""Counts of the canary's errors less probable than this are not compared."""

CELL = 4
"""Width of the cells of the baseline's totals, in standard deviations: a test's threshold moves smoothly with them."""

WHOLE = 1 << 19
"""Up to so many windows every one is tested, and nothing is interpolated."""

AT_ONCE = 1 << 18
"""Windows tested together."""


def chance_of_evidence(
    check: ErrorCheck,
    limit: Judge,
    baseline: Baseline,
    totals: Ints,
    errors: Ints,
    chances: Floats,
) -> tuple[Floats, Floats]:
    """Return P(limit exceeded, group) by a fine and a coarse rule, for nodes of the canary's totals.

    Shape (groups, nodes, errors) each.

    The fewer errors the baseline has, the clearer the evidence: for each canary count and baseline total the critical
    number of baseline errors is bisected with the judge itself.
    """
    size = baseline.totals.chances.size
    is_small = size * chances.size <= WHOLE
    chosen = nodes(size, baseline.jumps() | is_small, max(1, int(CELL * baseline.totals.deviation)))
    m = baseline.totals.numbers[chosen.at]
    counts, table = dense(beta_binomial_laws(m, baseline.error_rate, baseline.burstiness))
    until = np.concatenate((np.zeros((m.size, 1)), np.cumsum(table, axis=1)), axis=1)
    node, column = np.nonzero(chances > POSSIBLE)
    found = np.zeros((2, len(baseline.bounds), *chances.shape))
    weights = baseline.node_weights(chosen)
    for j in np.flatnonzero(weights.any(axis=(0, 1))):
        fewest = _clear_below(check, limit, errors[column], totals[node], int(m[j]), counts)
        for rule, group in np.argwhere(weights[:, :, j]):
            found[rule, group, node, column] += weights[rule, group, j] * until[j][fewest]
    fine, coarse = found
    return fine, coarse


def _clear_below(check: ErrorCheck, limit: Judge, x: Ints, n: Ints, m: int, counts: Ints) -> Ints:
    """Return how many of the baseline's possible errors, from the fewest on, make the limit exceeded; elementwise."""
    low, high = np.zeros(x.size, np.int64), np.full(x.size, counts.size, np.int64)
    while (low < high).any():
        middle = (low + high) // 2
        is_open = low < high
        y = np.minimum(counts[np.minimum(middle, counts.size - 1)], m)
        exceeded = np.zeros(x.size, np.bool_)
        for start in range(0, x.size, AT_ONCE):
            part = slice(start, start + AT_ONCE)
            exceeded[part] = limit.exceeds(check, _arm(n[part], x[part]), _arm(np.full(x[part].size, m), y[part]), ())
        low, high = np.where(is_open & exceeded, middle + 1, low), np.where(is_open & ~exceeded, middle, high)
    return low


def _arm(requests: Ints, errors: Ints) -> ArmCounts:
    return ArmCounts(requests, errors, np.zeros((0, requests.size), np.int64))
