"""What paths say, in forms that tests compare."""

from collections import defaultdict

import numpy as np

from canary_runner.engines.block import ENDINGS, NEVER
from canary_runner.model.outcomes import Decision, State

COMPLETED, ROLLED_BACK, PAUSED = (ENDINGS.index(s) for s in (State.COMPLETED, State.ROLLED_BACK, State.PAUSED))


def chances(paths):
    """Return the chance of each ending."""
    return np.bincount(paths.endings, weights=paths.weights, minlength=3)


def told(paths):
    """Return {(decision, end, entered...): weight} of paths."""
    kinds = {COMPLETED: Decision.ADVANCE, ROLLED_BACK: Decision.ROLL_BACK, PAUSED: Decision.PAUSE}
    found = defaultdict(float)
    for i in range(len(paths)):
        entered = tuple(int(s) for s in paths.entered_at_s[:, i] if s != NEVER)
        found[kinds[int(paths.endings[i])], int(paths.ended_at_s[i]), entered] += float(paths.weights[i])
    return found


def assert_agreement(exact, sampled):
    """Assert that each ending is within 5 standard errors, its mean time too (and one half rollout)."""
    runs = sampled.weights.sum()
    expected, seen = np.minimum(chances(exact), 1.0), chances(sampled) / runs
    assert (np.abs(expected - seen) <= 5 * np.sqrt(expected * (1 - expected) / runs) + 0.5 / runs).all()
    for ending in range(3):
        one, other = exact.endings == ending, sampled.endings == ending
        count = sampled.weights[other].sum()
        if count < 50:
            continue
        weights = exact.weights[one] / exact.weights[one].sum()
        mean = (weights * exact.ended_at_s[one]).sum()
        variance = (weights * (exact.ended_at_s[one] - mean) ** 2).sum()
        mean_seen = (sampled.weights[other] * sampled.ended_at_s[other]).sum() / count
        assert abs(mean - mean_seen) <= 5 * np.sqrt(variance / count) + 0.05
