"""The chances of the joint outcomes of one analysis, in slow and obvious ways.

`full_grid` puts the judges to every pair of reports that two arms can make and adds up scipy's probabilities. Nothing
is interpolated and nothing is cut but what is less probable than `CUT`. `full_totals` takes larger counts: every pair
of totals and every count of the canary's errors, and for each the number of the baseline's errors at which the judge
turns. `drawn` lets a numpy Generator make the reports.
"""

from dataclasses import dataclass, replace
from fractions import Fraction as F
from itertools import product
from statistics import NormalDist

import numpy as np
from scipy import stats

from canary_runner.compiling.outcomes.window import symbol_law
from canary_runner.judges import judge
from canary_runner.judges.counts import ArmCounts
from canary_runner.model.histogram import TOP_US
from canary_runner.model.outcomes import Outcome
from canary_runner.model.policy import Check, ErrorCheck, LatencyCheck, Ratio
from canary_runner.model.service import Arrivals, Service
from canary_runner.scenarios.world import ArmRates, Conditions
from tests.builders import service

CUT = 1e-12
CUT_PAIRS = 1e-10
"""Of reports of latency classes, totals included, where both arms' are paired: some hundred thousand pairs are left."""

AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Window:
    """What one analysis asks of what two arms report."""

    checks: tuple[Check, ...]
    service: Service
    canary: ArmRates
    baseline: ArmRates
    minimum: int = 1
    compares: bool = True
    edges_us: tuple[int, ...] = (TOP_US,)

    def law(self):
        """Return what the exact engine says."""
        conditions = Conditions(self.canary, self.baseline)
        return symbol_law(self.checks, self.minimum, self.compares, self.service, conditions, self.edges_us)


def rates(requests, error_rate=0, factor=1, shift_us=0, reported=1, carried=0):
    """Return the rates of an arm."""
    return ArmRates(*map(F, (requests, carried, reported, error_rate)), ((F(1), (F(factor), F(shift_us))),))


def window(*checks, canary, baseline, service_given=None, **given):
    """Return a window; arms are (requests, error rate) or (requests, error rate, factor, ...)."""
    return Window(checks, service(**(service_given or {})), rates(*canary), rates(*baseline), **given)


def errors(max_ratio=None, over=None, confidence=None):
    return ErrorCheck("error_rate", max_ratio, over, confidence)


def latency(percent, max_us=None, over=None, confidence=None):
    return LatencyCheck(f"latency_p{percent}", F(percent) / 100, max_us, over, confidence)


# ---------------------------------------------------------------------------------------------------- one arm's laws


def totals(asked, arm):
    """Return what an arm can report, and how probably."""
    if asked.service.arrivals is Arrivals.CONSTANT:
        served = (arm.carried + arm.requests) // 1
        return np.array([served * arm.reported // 1], np.int64), np.ones(1)
    mean = float(arm.requests * arm.reported)
    every = np.arange(int(mean + 12 * mean**0.5 + 40))
    chances = stats.poisson.pmf(every, mean)
    return every[chances > CUT], chances[chances > CUT]


def error_law(asked, arm, n):
    """Return the law of the errors among n requests."""
    rate, icc = float(arm.error_rate), float(asked.service.burstiness)
    if icc == 0 or rate in (0, 1):
        return stats.binom(n, rate)
    return stats.betabinom(n, rate * (1 - icc) / icc, (1 - rate) * (1 - icc) / icc)


def class_shares(asked, arm):
    """Return the share of an arm's requests in each latency class."""
    normal = asked.service.latency
    spread = np.log(normal.p99_us / normal.p50_us) / NormalDist().inv_cdf(0.99)
    edges_us = np.array(asked.edges_us[:-1])
    below = sum(
        float(share) * stats.lognorm.cdf((edges_us - float(shift_us)) / float(factor), spread, scale=normal.p50_us)
        for share, (factor, shift_us) in arm.slowness
    )
    return np.diff(np.concatenate(([0.0], below, [1.0])))


# ----------------------------------------------------------------------------------------------------------- the grid


def reports_of_errors(asked, arm, numbers):
    """Return (place of the total, errors, chance given the total) of all reports."""
    found = []
    for place, n in enumerate(numbers.tolist()):
        counts = np.arange(n + 1)
        chances = error_law(asked, arm, n).pmf(counts)
        kept = chances > CUT
        found.append((np.full(kept.sum(), place), counts[kept], chances[kept]))
    return tuple(np.concatenate(column) for column in zip(*found, strict=True))


def reports_of_latency(asked, arm, numbers, chance_of=None):
    """Return (place of the total, counts per class, chance given the total) of all reports."""
    shares, found = class_shares(asked, arm), []
    for place, n in enumerate(numbers.tolist()):
        splits = np.array(
            [(*some, n - sum(some)) for some in product(range(n + 1), repeat=len(shares) - 1) if sum(some) <= n]
        )
        chances = stats.multinomial.pmf(splits, n, shares)
        kept = chances > (CUT if chance_of is None else CUT_PAIRS / chance_of[place])
        found.append((np.full(kept.sum(), place), splits[kept], chances[kept]))
    return tuple(np.concatenate(column) for column in zip(*found, strict=True))


def outcome_chances(asked, checks, reports, numbers, count):
    """Return P(joint outcome | totals of both arms), shape (3 ** checks, totals, totals), by `count(reports, n)`."""
    ours, theirs = reports
    sizes = [len(some) for some in numbers]
    found = np.zeros(3 ** len(checks) * sizes[0] * sizes[1])
    height = max(1, AT_ONCE // len(theirs[0]))
    for start in range(0, len(ours[0]), height):
        part = [column[start : start + height] for column in ours]
        pair = np.repeat(np.arange(len(part[0])), len(theirs[0])), np.tile(np.arange(len(theirs[0])), len(part[0]))
        canary, baseline = (
            count([column[rows] for column in one], n)
            for one, rows, n in zip((part, theirs), pair, numbers, strict=True)
        )
        symbol = np.zeros(len(pair[0]), np.int64)
        for i, check in enumerate(checks):
            codes = judge(check, canary, baseline, asked.edges_us, asked.minimum, asked.compares)
            symbol += 3**i * codes.astype(np.int64)
        places = (symbol * sizes[0] + part[0][pair[0]]) * sizes[1] + theirs[0][pair[1]]
        found += np.bincount(places, weights=part[2][pair[0]] * theirs[2][pair[1]], minlength=found.size)
    return found.reshape(-1, *sizes)


def with_errors(report, numbers):
    n = numbers[report[0]]
    return ArmCounts(n, report[1], np.zeros((0, n.size), np.int64))


def with_latency(report, numbers):
    n = numbers[report[0]]
    return ArmCounts(n, np.zeros_like(n), np.ascontiguousarray(report[1].T))


def full_grid(asked):
    """Return the chances of the symbols: given both totals, errors and latency are independent."""
    (n, chance_n), (m, chance_m) = totals(asked, asked.canary), totals(asked, asked.baseline)
    if not asked.compares or all(c.over_baseline is None for c in asked.checks):
        m, chance_m = np.array([99]), np.ones(1)  # not read
    kinds = []
    for kind, list_reports, count in (
        (ErrorCheck, reports_of_errors, with_errors),
        (LatencyCheck, reports_of_latency, with_latency),
    ):
        some = [c for c in asked.checks if isinstance(c, kind)]
        are_compared = asked.compares and any(c.over_baseline is not None for c in some)
        theirs, k = (m, m.size) if are_compared else (m[:1], 1)
        if not some:
            kinds.append((some, np.ones((1, n.size, 1))))
            continue
        if are_compared and kind is LatencyCheck:
            reports = (
                list_reports(asked, asked.canary, n, chance_n), list_reports(asked, asked.baseline, m, chance_m)
            )  # fmt: skip
        else:
            reports = list_reports(asked, asked.canary, n), list_reports(asked, asked.baseline, theirs)
        if not are_compared:
            reports = reports[0], tuple(column[:1] for column in reports[1])
            reports[1][2][:] = 1.0
        kinds.append((some, outcome_chances(asked, some, reports, (n, theirs), count).reshape(-1, n.size, k)))
    return joined(asked, kinds, chance_n, chance_m)


def joined(asked, kinds, chance_n, chance_m):
    """Return symbols from the outcomes of either kind of check given both totals."""
    weights = chance_n[:, None] * chance_m[None]
    found = np.zeros(3 ** len(asked.checks))
    for outcomes in product(range(3), repeat=len(asked.checks)):
        chance = weights
        for some, given in kinds:
            digits = [o for o, check in zip(outcomes, asked.checks, strict=True) if check in some]
            chance = chance * given[sum(3**i * o for i, o in enumerate(digits))]
        found[sum(3**i * o for i, o in enumerate(outcomes))] = chance.sum()
    return found


# --------------------------------------------------------------------------------------------------- larger counts


def full_totals(asked):
    """Return the chances of the symbols of an error check, if any, and one latency check or two absolute ones."""
    (n, chance_n), (m, chance_m) = totals(asked, asked.canary), totals(asked, asked.baseline)
    kinds = []
    for kind, given in ((ErrorCheck, errors_given), (LatencyCheck, latency_given)):
        some = [c for c in asked.checks if isinstance(c, kind)]
        kinds.append((some, given(asked, some, n, m) if some else np.ones((1, 1, 1))))
    return joined(asked, kinds, chance_n, chance_m)


def errors_given(asked, checks, n, m):
    """Return P(outcome | totals) of the check of errors, shape (3, totals, totals)."""
    (check,) = checks
    last = int(error_law(asked, asked.baseline, int(m[-1])).isf(CUT)) + 2
    y = np.arange(-1, min(last, int(m[-1])) + 1)
    fewer = np.stack([error_law(asked, asked.baseline, int(one)).cdf(y) for one in m], axis=1)  # P(errors < 0, 1, ...)
    found = np.zeros((3, n.size, m.size))
    for place, total in enumerate(n.tolist()):
        law = error_law(asked, asked.canary, total)
        x = np.arange(min(int(law.isf(CUT)) + 2, total) + 1)
        rows = np.broadcast_arrays(np.int64(total), x[:, None], m)
        over, unread = np.zeros((x.size, m.size)), np.zeros(m.size, np.bool_)
        if check.max_ratio is not None:
            codes = asked_alone(asked, replace(check, over_baseline=None), *rows, np.zeros_like(rows[2]))
            over, unread = (codes == Outcome.FAIL).astype(float), (codes == Outcome.INCONCLUSIVE)[0]
        if asked.compares and check.over_baseline is not None:
            worse, other = turning_points(asked, replace(check, max_ratio=None), rows, y.size - 1)
            over, unread = np.maximum(over, fewer[worse, np.arange(m.size)]), unread | other
        fails = law.pmf(x) @ over
        found[:, place] = np.where(unread, 0, 1 - fails), fails, np.where(unread, 1 - fails, 0)
    return found


def asked_alone(asked, check, n, x, m, y):
    """Return what one limit says."""
    return judge(check, _errors(n, x), _errors(m, np.minimum(y, m)), (), asked.minimum, True)


def turning_points(asked, check, rows, most):
    """Return how many counts of the baseline's errors, from 0 on, exceed a limit, and where it cannot be read."""
    low, high = np.zeros(rows[0].shape, np.int64), np.minimum(rows[2] + 1, most)
    unread = (asked_alone(asked, check, *rows, low) == Outcome.INCONCLUSIVE)[0]
    while (low < high).any():
        middle = (low + high) // 2
        is_open, exceeded = low < high, asked_alone(asked, check, *rows, middle) == Outcome.FAIL
        low, high = np.where(is_open & exceeded, middle + 1, low), np.where(is_open & ~exceeded, middle, high)
    return low, unread


def _errors(requests, wrong):
    return ArmCounts(requests, wrong, np.zeros((0, *requests.shape), np.int64))


def latency_given(asked, checks, n, m):
    """Return P(joint outcome | totals) of one check of latency, or of two absolute limits."""
    if len(checks) == 2:
        return _two_limits(asked, checks, n)
    (check,) = checks
    ours, theirs = (
        percentile_law(asked, arm, check.quantile, k) for arm, k in ((asked.canary, n), (asked.baseline, m))
    )
    edges = np.array(asked.edges_us)
    over, found = check.over_baseline, np.zeros((3, n.size, m.size))
    fixed = np.zeros(edges.size, np.bool_) if check.max_us is None else edges > check.max_us
    worse = np.zeros((edges.size, edges.size), np.bool_)
    needed = max(1, asked.minimum)
    unread = np.broadcast_to((n < needed)[:, None], (n.size, m.size))
    if over is not None and asked.compares:
        limit = over.factor * edges.astype(object) if isinstance(over, Ratio) else edges + over.difference_us
        worse = edges[:, None].astype(object) > limit[None]
        unread = unread | (m < needed)
    both = ours @ (fixed[:, None] | worse).astype(float) @ theirs.T
    alone = np.broadcast_to((ours @ fixed)[:, None], both.shape)
    found[Outcome.FAIL] = np.where((n < needed)[:, None], 0.0, np.where(unread, alone, both))
    rest = 1 - found[Outcome.FAIL]
    found[Outcome.PASS], found[Outcome.INCONCLUSIVE] = np.where(unread, 0.0, rest), np.where(unread, rest, 0.0)
    return found


def percentile_law(asked, arm, quantile, numbers):
    """Return P(nearest-rank percentile in class | total), shape (totals, classes)."""
    slower = 1 - np.cumsum(class_shares(asked, arm))
    slower[-1] = 0.0
    rank = -(-quantile.numerator * numbers // quantile.denominator)
    until = stats.binom.cdf((numbers - rank)[:, None], numbers[:, None], np.clip(slower, 0, 1))
    return np.diff(until, axis=1, prepend=0.0)


def _two_limits(asked, checks, n):
    """Return the joint law of two nested counts of slow requests, point limits only."""
    slower = 1 - np.cumsum(class_shares(asked, asked.canary))
    order = sorted(range(2), key=lambda i: checks[i].max_us)
    shares = [slower[asked.edges_us.index(checks[i].max_us)] for i in order]
    allowed = [n - -(-checks[i].quantile.numerator * n // checks[i].quantile.denominator) for i in order]
    found = np.zeros((9, n.size, 1))
    for place, total in enumerate(n.tolist()):
        if total < max(1, asked.minimum):
            found[8, place] = 1
            continue
        s = np.arange(total + 1)
        chance = stats.binom.pmf(s, total, shares[0])
        within = stats.binom.cdf(allowed[1][place], s, shares[1] / shares[0])
        for first, second in product(range(2), repeat=2):
            kept = (s > allowed[0][place]) == bool(first)
            share = (chance * kept * (1 - within if second else within)).sum()
            found[3 ** order[0] * first + 3 ** order[1] * second, place] = share
    return found


# --------------------------------------------------------------------------------------------------------------- draws


def drawn(asked, rng, rows):
    """Return how often each symbol is seen among `rows` windows made by a numpy Generator."""
    arms = []
    for arm in (asked.canary, asked.baseline):
        if asked.service.arrivals is Arrivals.CONSTANT:
            requests = np.full(rows, totals(asked, arm)[0][0])
        else:
            requests = rng.poisson(float(arm.requests * arm.reported), rows)
        rate, icc = float(arm.error_rate), float(asked.service.burstiness)
        rate_of_row = rng.beta(rate * (1 - icc) / icc, (1 - rate) * (1 - icc) / icc, rows) if icc else rate
        wrong = rng.binomial(requests, rate_of_row)
        arms.append(ArmCounts(requests, wrong, rng.multinomial(requests, class_shares(asked, arm)).T.copy()))
    symbol = np.zeros(rows, np.int64)
    for i, check in enumerate(asked.checks):
        symbol += 3**i * judge(check, *arms, asked.edges_us, asked.minimum, asked.compares).astype(np.int64)
    return np.bincount(symbol, minlength=3 ** len(asked.checks))
