"""The chances of the joint outcomes of all checks of one analysis that reads one interval."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

import numpy as np

from canary_runner.compiling.outcomes.baseline import GROUPS, Baseline, baseline_of
from canary_runner.compiling.outcomes.error_sums import Side
from canary_runner.compiling.outcomes.errors import ErrorOutcomes, error_outcomes
from canary_runner.compiling.outcomes.known import BURSTS, POISSON, Burst
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


REMEMBERED = 256
"""Baselines, and outcomes of latency, that are remembered."""

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
    canary, errors = conditions.canary, [c for c in checks if isinstance(c, ErrorCheck)]
    latencies = tuple(c for c in checks if isinstance(c, LatencyCheck))
    means, bursts = laws_of(checks, compares, service, (conditions,), edges_us)
    POISSON.prepare(means)
    BURSTS.prepare(bursts)
    totals = totals_of(service, canary)
    of_errors, of_latency = (_is_compared(some, compares) for some in (errors, latencies))
    baseline = None
    if of_errors or of_latency:
        groups = GROUPS if of_errors and of_latency and service.arrivals is Arrivals.POISSON else 1
        baseline = _baseline(service, conditions.baseline, needed, groups)
    compared = (conditions.baseline, baseline) if of_latency and baseline is not None else None
    slow = _slow(latencies, service, replace(canary, error_rate=Fraction(0)), compared, edges_us, needed)
    side = Side(totals, float(canary.error_rate), float(service.burstiness), needed)
    wrong = error_outcomes(errors[0], side, baseline) if errors else _unasked(totals, baseline)
    fine, coarse = _joint(wrong, slow, totals, baseline)
    return SymbolLaw(_symbols(fine, checks), _symbols(coarse, checks))


def _is_compared(checks: Iterable[Check], compares: bool) -> bool:
    return any(MAX_OVER_BASELINE in dict(asked_limits(check, compares)) for check in checks)


@lru_cache(maxsize=REMEMBERED)
def _baseline(service: Service, rates: ArmRates, needed: int, groups: int) -> Baseline:
    """Return what is read of the baseline; where only the canary changes its windows share it, tables included."""
    return baseline_of(totals_of(service, rates), float(rates.error_rate), float(service.burstiness), needed, groups)


@lru_cache(maxsize=REMEMBERED)
def _slow(
    checks: tuple[LatencyCheck, ...],
    service: Service,
    canary: ArmRates,
    compared: tuple[ArmRates, Baseline] | None,
    edges_us: tuple[int, ...],
    needed: int,
) -> Floats:
    """Return the chances of the latency's outcomes; windows share them that differ only in errors. Raises NotExact."""
    baseline, slower = None, _slower(service, canary, edges_us)
    baseline_slower = slower
    if compared is not None:
        baseline, baseline_slower = compared[1], _slower(service, compared[0], edges_us)
    return latency_outcomes(checks, totals_of(service, canary), slower, baseline, baseline_slower, edges_us, needed)


def laws_of(
    checks: tuple[Check, ...],
    compares: bool,
    service: Service,
    conditions: Iterable[Conditions],
    edges_us: tuple[int, ...],
) -> tuple[set[float], set[Burst]]:
    """Return the laws that windows are sure to need, by what they depend on: of Poisson and of bursty counts."""
    asked = {c.max_us for c in checks if isinstance(c, LatencyCheck) and c.max_us is not None}
    limits = [edges_us.index(limit) for limit in asked] if len(asked) == 1 else []
    is_compared = _is_compared(checks, compares)
    means: set[float] = set()
    bursts: set[Burst] = set()
    burstiness = float(service.burstiness)
    for one in conditions:
        for arm in (one.canary, one.baseline) if is_compared else (one.canary,):
            rate = float(arm.error_rate)
            shares = [float(_slower(service, arm, edges_us)[i]) for i in limits if arm is one.canary]
            if service.arrivals is Arrivals.POISSON:
                mean = float(arm.requests * arm.reported)
                parts = [rate, *shares] if burstiness == 0 else shares
                means.update((mean, *(mean * part for part in parts), *(mean * (1 - part) for part in parts)))
            else:
                number = arm.constant_requests
                bursts.update(((number, rate, burstiness), *((number, share, 0.0) for share in shares)))
    return means, bursts


def _symbols(joint: Floats, checks: tuple[Check, ...]) -> Floats:
    """Put joint outcomes in the order of symbols: the first check is the last, fastest digit."""
    has_errors = any(isinstance(c, ErrorCheck) for c in checks)
    latency = iter(range(int(has_errors), len(checks)))
    axes = [0 if isinstance(c, ErrorCheck) else next(latency) for c in checks]
    table = joint if has_errors else joint[Outcome.PASS]
    symbols = np.maximum(np.transpose(table, axes[::-1]).reshape(-1), 0.0)
    found: Floats = symbols / sums(symbols, 0)
    return found


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


def _joint(wrong: ErrorOutcomes, slow: Floats, canary: Totals, baseline: Baseline | None) -> tuple[Floats, Floats]:
    """Sum over totals and groups, by a fine and a coarse rule: shapes (3,) of the error's outcome + those of latency.

    Where steps make the rules' whole sums luck, the coarse law is the fine one moved by what it can be off.
    """
    shape = (len(Outcome), *slow.shape[:-2])
    slow = slow.reshape(-1, *slow.shape[-2:])
    errors, few = wrong.coarse, slow
    if baseline is not None and len(baseline.bounds) > 1:
        errors, few = _merged(errors, slow, baseline)
    terms = _node_terms(wrong.nodes, wrong.fine, slow, canary, is_coarse=False)
    halved = _node_terms(wrong.nodes, errors, few, canary, is_coarse=True)
    fine, coarse = (sums(sums(one, 3), 2).reshape(shape) for one in (terms, halved))
    if not wrong.is_jagged:
        return fine, coarse
    if few is not slow:
        halved = _node_terms(wrong.nodes, wrong.coarse, slow, canary, is_coarse=True)
    doubt = wrong.nodes.doubt(sums(terms, 2), sums(halved, 2)).reshape(shape)
    return fine, _moved(fine, SAFETY * (np.abs(fine - coarse) + doubt))


def _node_terms(rule: Nodes, errors: Floats, slow: Floats, canary: Totals, *, is_coarse: bool) -> Floats:
    """Return the terms of the sum over groups and totals, shape (3, patterns, groups, nodes)."""
    weights = np.zeros((*slow.shape[:2], rule.at.size))
    for pattern, group in np.argwhere(slow.any(axis=2)).tolist():
        weights[pattern, group] = rule.weights(canary.chances * slow[pattern, group], is_coarse=is_coarse)
    terms: Floats = errors[:, None] * weights[None]
    return terms


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
