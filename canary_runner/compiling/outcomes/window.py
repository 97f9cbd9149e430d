"""The chances of the joint outcomes of all checks of one analysis that reads one interval."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from canary_runner.compiling.outcomes.baseline import GROUPS, Baseline, baseline_of
from canary_runner.compiling.outcomes.errors import ErrorOutcomes, Side, error_outcomes
from canary_runner.compiling.outcomes.known import POISSON
from canary_runner.compiling.outcomes.latencies import latency_outcomes
from canary_runner.compiling.outcomes.totals import Totals, sums, totals_of
from canary_runner.judges import MAX_OVER_BASELINE, asked_limits
from canary_runner.model.outcomes import Outcome
from canary_runner.model.policy import Check, ErrorCheck, LatencyCheck
from canary_runner.model.service import Arrivals, Service
from canary_runner.scenarios.latency import mixed_chances
from canary_runner.scenarios.world import ArmRates, Conditions
from canary_runner.stats.nodes import Nodes, nodes
from canary_runner.stats.outward import Floats


@dataclass(frozen=True, slots=True, eq=False)
class SymbolLaw:
    """The chances of the symbols of an automaton, shape (3 ** checks,); they sum to 1."""

    chances: Floats
    coarse: Floats  # the same by rules of half the points: what depends on it is as far off as these differ, at most


SAFETY = 8
"""The bound of what is off is so many times the difference of the rules: that alone holds in nine cases of ten."""


@lru_cache(maxsize=4096)
def symbol_law(
    checks: tuple[Check, ...],
    minimum: int,
    compares: bool,
    service: Service,
    conditions: Conditions,
    edges_us: tuple[int, ...],
) -> SymbolLaw:
    """Sum the chances of every joint outcome over all that both arms can report in an interval.

    Given the totals of both arms errors and latency are independent. The canary's totals are nodes of an interpolation
    for what reads errors of both arms, and exact otherwise. Raises NotExact.
    """
    needed = max(1, minimum)
    slower, baseline_slower = (_slower(service, arm, edges_us) for arm in (conditions.canary, conditions.baseline))
    _prepare(service, conditions)
    canary = totals_of(service, conditions.canary)
    errors = [c for c in checks if isinstance(c, ErrorCheck)]
    latencies = [c for c in checks if isinstance(c, LatencyCheck)]
    baseline = _baseline(errors, latencies, needed, compares, service, conditions.baseline)
    slow = latency_outcomes(latencies, canary, slower, baseline, baseline_slower, edges_us, needed)
    side = Side(canary, float(conditions.canary.error_rate), float(service.burstiness), needed)
    wrong = error_outcomes(errors[0], side, baseline) if errors else _unasked(canary, baseline)
    fine, coarse = (_joint(wrong, slow, canary, baseline, is_coarse=is_coarse) for is_coarse in (False, True))
    if wrong.is_jagged:
        coarse = _moved(fine, SAFETY * (np.abs(fine - coarse) + _doubt(wrong, slow, canary)))
    return SymbolLaw(_symbols(fine, checks), _symbols(coarse, checks))


def _prepare(service: Service, conditions: Conditions) -> None:
    """Make in one batch the Poisson laws that a window is sure to need."""
    if service.arrivals is not Arrivals.POISSON:
        return
    means: list[float] = []
    for arm in (conditions.canary, conditions.baseline):
        mean, rate = float(arm.requests * arm.reported), float(arm.error_rate)
        means += [mean, mean * rate, mean * (1 - rate)]
    POISSON.prepare(means)


def _symbols(joint: Floats, checks: tuple[Check, ...]) -> Floats:
    """Put joint outcomes in the order of symbols: the first check is the last, fastest digit."""
    has_errors = any(isinstance(c, ErrorCheck) for c in checks)
    latency = iter(range(int(has_errors), len(checks)))
    axes = [0 if isinstance(c, ErrorCheck) else next(latency) for c in checks]
    table = joint if has_errors else joint[Outcome.PASS]
    symbols = np.maximum(np.transpose(table, axes[::-1]).reshape(-1), 0.0)
    found: Floats = symbols / sums(symbols, 0)
    return found


def _baseline(
    errors: list[ErrorCheck],
    latencies: list[LatencyCheck],
    needed: int,
    compares: bool,
    service: Service,
    rates: ArmRates,
) -> Baseline | None:
    """Return what is read of the baseline; more groups where errors and latency both are."""
    of_errors, of_latency = (
        any(MAX_OVER_BASELINE in dict(asked_limits(c, compares)) for c in some) for some in (errors, latencies)
    )
    if not of_errors and not of_latency:
        return None
    groups = GROUPS if of_errors and of_latency and service.arrivals is Arrivals.POISSON else 1
    return baseline_of(totals_of(service, rates), float(rates.error_rate), float(service.burstiness), needed, groups)


def _slower(service: Service, rates: ArmRates, edges_us: tuple[int, ...]) -> Floats:
    """Return the share of an arm's requests beyond each edge, shape (classes,)."""
    chances = mixed_chances(service.latency, rates.slowness, edges_us)
    beyond = np.add.accumulate(np.asarray(chances)[::-1])[::-1]
    slower: Floats = np.minimum(np.append(beyond[1:], 0.0), 1.0)
    return slower


def _unasked(canary: Totals, baseline: Baseline | None) -> ErrorOutcomes:
    """Return the outcomes of no check of errors: one, certain, that says nothing."""
    size = canary.chances.size
    groups = np.ones(1) if baseline is None else np.append(baseline.unreadable, baseline.group_chances)
    certain = np.zeros((len(Outcome), groups.size, size))
    certain[Outcome.PASS] = groups[:, None]
    return ErrorOutcomes(nodes(size, np.ones(size, np.bool_), 1), certain, certain)


def _joint(wrong: ErrorOutcomes, slow: Floats, canary: Totals, baseline: Baseline | None, *, is_coarse: bool) -> Floats:
    """Sum over totals and groups: shape (3,) of the error's outcome + (3,) * checks of latency."""
    errors = wrong.coarse if is_coarse else wrong.fine
    shape = slow.shape[:-2]
    slow = slow.reshape(-1, *slow.shape[-2:])
    if is_coarse and baseline is not None and len(baseline.bounds) > 1:
        errors, slow = _merged(errors, slow, baseline)
    terms = _node_terms(wrong.nodes, errors, slow, canary, is_coarse=is_coarse)
    return sums(sums(terms, 3), 2).reshape((len(Outcome), *shape))


def _node_terms(rule: Nodes, errors: Floats, slow: Floats, canary: Totals, *, is_coarse: bool) -> Floats:
    """Return the terms of the sum over groups and totals, shape (3, patterns, groups, nodes)."""
    weights = np.stack(
        [np.stack([rule.weights(canary.chances * row, is_coarse=is_coarse) for row in pattern]) for pattern in slow]
    )  # (patterns, groups, nodes)
    terms: Floats = errors[:, None] * weights[None]
    return terms


def _doubt(wrong: ErrorOutcomes, slow: Floats, canary: Totals) -> Floats:
    """Return how far off each joint outcome can be by the nodes of the totals, if every cell errs its own way."""
    shape = slow.shape[:-2]
    slow = slow.reshape(-1, *slow.shape[-2:])
    fine, coarse = (
        sums(_node_terms(wrong.nodes, errors, slow, canary, is_coarse=is_coarse), 2)
        for errors, is_coarse in ((wrong.fine, False), (wrong.coarse, True))
    )
    return wrong.nodes.doubt(fine, coarse).reshape((len(Outcome), *shape))


def _moved(chances: Floats, doubt: Floats) -> Floats:
    """Return a law that is off by `doubt` everywhere: its likeliest outcome pays for all the others."""
    found: Floats = chances + doubt
    likeliest = np.unravel_index(int(np.argmax(chances)), chances.shape)
    found[likeliest] -= float(sums(doubt.reshape(-1), 0))
    return found


def _merged(errors: Floats, slow: Floats, baseline: Baseline) -> tuple[Floats, Floats]:
    """Join neighbouring groups, two by two, to see what the grouping costs."""
    chances = np.append(baseline.unreadable, baseline.group_chances)
    pairs = [[0], *([i, i + 1][: chances.size - i] for i in range(1, chances.size, 2))]
    joined = np.stack([sums(errors[:, pair], 1) for pair in pairs], axis=1)
    mixed = [
        sums(slow[:, pair] * chances[pair][:, None], 1) / max(float(sums(chances[pair], 0)), 1e-300) for pair in pairs
    ]
    return joined, np.stack(mixed, axis=1)
