"""The chances of joint outcomes where several latency percentiles are compared, in a slow and obvious way.

Every pair of totals that two arms can report, and for each arm and total the joint law of the classes of its
percentiles: a percentile is in class i or before if few enough requests are slower than its edge, and given the
requests beyond one edge, those beyond the next are binomial. scipy's probabilities, and matrices of all counts; nothing
is interpolated and nothing is cut but totals less probable than `CUT`.
"""

from dataclasses import dataclass
from fractions import Fraction as F
from itertools import pairwise, product
from statistics import NormalDist

import numpy as np
from scipy import stats

from canary_runner.compiling.outcomes.window import symbol_law
from canary_runner.model.outcomes import Outcome
from canary_runner.model.policy import Check, ErrorCheck, LatencyCheck, Ratio
from canary_runner.model.service import Arrivals, Service
from canary_runner.scenarios.world import ArmRates, Conditions
from tests.builders import service

CUT = 1e-11


@dataclass(frozen=True)
class Asked:
    """What one analysis asks of what two arms report."""

    checks: tuple[Check, ...]
    service: Service
    canary: ArmRates
    baseline: ArmRates
    minimum: int
    edges_us: tuple[int, ...]

    def law(self):
        """Return what the exact engine says."""
        conditions = Conditions(self.canary, self.baseline)
        return symbol_law(self.checks, self.minimum, True, self.service, conditions, self.edges_us)


def asked(checks, canary, baseline, edges_us, minimum=1, **given):
    """Return a question; arms are (requests, error rate, factor of latency)."""
    arms = (ArmRates(F(n), F(0), F(1), F(rate), ((F(1), (F(factor), F(0))),)) for n, rate, factor in (canary, baseline))
    return Asked(checks, service(**given), *arms, minimum, edges_us)


def by_all_totals(question):
    """Return the chances of the symbols: given both totals, errors and latency are independent."""
    (n, chance_n), (m, chance_m) = (_totals(question, arm) for arm in (question.canary, question.baseline))
    errors = [c for c in question.checks if isinstance(c, ErrorCheck)]
    latencies = [c for c in question.checks if isinstance(c, LatencyCheck)]
    wrong = _error_outcomes(question, errors[0], n, m) if errors else None
    found = np.zeros(3 ** len(question.checks))
    for outcomes, slow in _latency_outcomes(question, latencies, n, m):
        said = dict(zip(latencies, outcomes, strict=True))
        for outcome in Outcome if errors else (None,):
            symbol = sum(3**i * int(said.get(check, outcome or 0)) for i, check in enumerate(question.checks))
            chance = slow if wrong is None else slow * wrong[outcome]
            found[symbol] += chance_n @ chance @ chance_m
    return found


def _totals(question, arm):
    mean = float(arm.requests)
    if question.service.arrivals is Arrivals.CONSTANT:
        return np.array([int(mean)]), np.ones(1)
    every = np.arange(int(mean + 10 * mean**0.5 + 30))
    chances = stats.poisson.pmf(every, mean)
    return every[chances > CUT], chances[chances > CUT]


def _error_outcomes(question, check, n, m):
    """Return P(outcome | totals), shape (3, totals, totals); the check has both kinds of limit."""
    fewer = np.stack([stats.binom.cdf(np.arange(-1, m[-1] + 1), k, float(question.baseline.error_rate)) for k in m])
    over, factor = np.zeros((n.size, m.size)), check.over_baseline.factor
    for place, total in enumerate(n.tolist()):
        x = np.arange(total + 1)
        chances = stats.binom.pmf(x, total, float(question.canary.error_rate))
        x, chances = x[chances > 1e-14], chances[chances > 1e-14]
        # x / n > factor y / m asks for y < x m / (factor n)
        fewest = -(-x[:, None] * m * factor.denominator // max(1, factor.numerator * total))
        worse = np.take_along_axis(fewer, np.minimum(fewest, m[-1] + 1).T, axis=1).T
        over[place] = chances @ np.where((x > check.max_ratio * total)[:, None], 1.0, worse)
        if total >= question.minimum:  # the fixed limit alone, where the baseline cannot be read
            over[place, m < question.minimum] = chances @ (x > check.max_ratio * total)
    return _as_outcomes(over, n < question.minimum, m < question.minimum)


def _as_outcomes(over, no_canary, no_baseline):
    over = np.where(no_canary[:, None], 0.0, over)
    unread = no_canary[:, None] | no_baseline
    found = np.zeros((3, *over.shape))
    found[Outcome.FAIL] = over
    found[Outcome.PASS], found[Outcome.INCONCLUSIVE] = np.where(unread, 0, 1 - over), np.where(unread, 1 - over, 0)
    return found


def _latency_outcomes(question, checks, n, m):
    """Yield joint outcomes and P(them | totals), shape (totals, totals)."""
    compared = [c for c in checks if c.over_baseline is not None]
    quantiles = [c.quantile for c in checks]
    ours, canary = _classes(question, question.canary, quantiles, n)
    theirs, baseline = _classes(question, question.baseline, [c.quantile for c in compared], m)
    edges = np.array(question.edges_us)
    no_canary, no_baseline = n < question.minimum, m < question.minimum
    for outcomes in product(Outcome, repeat=len(checks)):
        chance = np.zeros((n.size, m.size))
        for canary_reads, baseline_reads in product((False, True), repeat=2):
            where = (no_canary != canary_reads)[:, None] & (no_baseline != baseline_reads)
            if not where.any():
                continue
            agrees = np.ones((len(ours), len(theirs)), np.bool_)
            for i, (check, outcome) in enumerate(zip(checks, outcomes, strict=True)):
                a = edges[ours[:, i]][:, None]
                over = np.broadcast_to(a > (check.max_us or edges[-1]), agrees.shape)
                if check in compared and baseline_reads:
                    b = edges[theirs[:, compared.index(check)]]
                    over = over | _is_slower(check.over_baseline, a, b)
                unread = not canary_reads or (check in compared and not baseline_reads)
                code = np.where(
                    over & canary_reads, Outcome.FAIL, Outcome.INCONCLUSIVE if unread else Outcome.PASS
                )  # fmt: skip
                agrees &= code == outcome
            chance += np.where(where, canary @ agrees.astype(np.float64) @ baseline.T, 0.0)
        yield outcomes, chance


def _is_slower(over, a, b):
    if isinstance(over, Ratio):
        return a * over.factor.denominator > b * over.factor.numerator
    return a - b > over.difference_us


def _classes(question, arm, quantiles, numbers):
    """Return the classes in which percentiles can be together, and P(they are | total).

    Shapes (states, percentiles) and (totals, states).
    """
    spread = np.log(question.service.latency.p99_us / question.service.latency.p50_us) / NormalDist().inv_cdf(0.99)
    ((_, (factor, _)),) = arm.slowness  # all requests alike, without a shift
    scale = question.service.latency.p50_us * float(factor)
    slower = np.append(stats.lognorm.sf(np.array(question.edges_us[:-1]), spread, scale=scale), 0.0)
    allowed = [numbers - -(-q.numerator * numbers // q.denominator) for q in quantiles]
    shape = (slower.size,) * len(quantiles)
    until = np.zeros((*shape, numbers.size))
    steps = {}
    for places in np.ndindex(*shape):
        chain = sorted(zip(places, allowed, strict=True), key=lambda pair: pair[0])
        until[places] = _all_within(numbers, slower, chain, steps, max(int(one.max()) for one in allowed))
    for axis in range(len(quantiles)):
        until = np.diff(until, axis=axis, prepend=0.0)
    states = np.array(list(np.ndindex(*shape)))
    flat = until.reshape(-1, numbers.size)
    kept = flat.max(axis=1) > 1e-13
    return states[kept], flat[kept].T


def _all_within(numbers, slower, chain, known, largest):
    """Return P(no edge of the chain has more slower requests than allowed | total); edges rise."""
    counts = np.arange(largest + 1)  # more are allowed nowhere
    key = (0, chain[0][0])
    if key not in known:
        known[key] = stats.binom.pmf(counts, numbers[:, None], slower[chain[0][0]])
    held = known[key] * (counts <= chain[0][1][:, None])
    for (before, _), (after, most) in pairwise(chain):
        key = (1, before, after)
        if key not in known:
            share = slower[after] / slower[before] if slower[before] > 0 else 0.0
            known[key] = stats.binom.pmf(counts, counts[:, None], share)
        held = (held @ known[key]) * (counts <= most[:, None])
    return held.sum(axis=1)
