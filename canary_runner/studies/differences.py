"""Numbers of two policies become differences, each with an interval that says what is known of it.

Two exact numbers differ exactly. Two sampled ones share their luck, so chances and means are paired run by run. Where
one is exact the other's interval is moved. Percentiles of two samples are not paired: each gets an interval of 97.5 %,
and the difference lies between the farthest ends with at least 95 %, whatever ties the two.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from canary_runner.model.comparison import Difference, Interval
from canary_runner.model.plan import Plan
from canary_runner.model.study import NUMBERS, Characteristics, Estimate, Method
from canary_runner.stats.comoments import Comoments, about
from canary_runner.stats.paired import paired_means, tango
from canary_runner.studies.estimates import Sample, quantile, squares
from canary_runner.studies.quantities import QUANTITIES, Quantity
from canary_runner.studies.together import PLACES

WIDER = Fraction(39, 40)
"""Confidence of two intervals that hold at once with at least 95 %, whatever ties them (Bonferroni's inequality)."""

BY_PATH = {quantity.at: quantity for quantity in QUANTITIES.values()}


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What one policy does in one scenario, with the histories behind it."""

    plan: Plan
    sample: Sample
    characteristics: Characteristics


def differences(reference: Found, other: Found, ties: Comoments | None) -> Mapping[str, Difference]:
    """Return every number of `other` minus the reference's, by its path.

    Args:
        reference: what it is compared with.
        other: what is compared.
        ties: of shape (4, PAIRED), where both were sampled together.
    """
    return {path: _difference(path, reference, other, ties) for path in NUMBERS}


def _difference(path: str, reference: Found, other: Found, ties: Comoments | None) -> Difference:
    both = reference.characteristics.number(path), other.characteristics.number(path)
    samples = [one.method for one in both].count(Method.SAMPLED)
    method = Method.SAMPLED if samples else Method.EXACT
    runs = both[1].runs or both[0].runs
    for found, one in zip((reference, other), both, strict=True):
        if one.value is None:
            reason = f"{found.plan.policy.name}: {one.reason}"
            return Difference(Estimate(None, None, None, method, runs, reason), None)
    if samples < 2:
        interval = Interval.SHIFTED if samples else Interval.BOUNDS
        return Difference(_apart(*both, method, runs), interval)
    quantity = BY_PATH[path]
    if path not in PLACES:
        wider = _wider(quantity, reference, both[0]), _wider(quantity, other, both[1])
        return Difference(_apart(*wider, method, runs), Interval.SUMMED)
    assert ties is not None
    paired = _paired_chances if quantity.is_chance else _paired_means
    value, low, high = paired(quantity, reference, other, ties[:, PLACES[path]])
    return Difference(Estimate(value, _closed(low), _closed(high), method, runs), Interval.PAIRED)


def _apart(reference: Estimate, other: Estimate, method: Method, runs: int | None) -> Estimate:
    """Return the difference with the farthest ends of both intervals; an open end stays open."""
    assert reference.value is not None
    assert other.value is not None
    low = None if other.low is None or reference.high is None else other.low - reference.high
    high = None if other.high is None or reference.low is None else other.high - reference.low
    return Estimate(other.value - reference.value, low, high, method, runs)


def _wider(quantity: Quantity, found: Found, estimate: Estimate) -> Estimate:
    """Return a percentile with an interval of 97.5 %."""
    chosen, values = quantity.values(found.plan, found.sample.paths)
    wide = quantile(found.sample, chosen, values, quantity.kind.share, "", confidence=WIDER)
    return replace(estimate, low=wide.low, high=wide.high)


def _paired_chances(quantity: Quantity, reference: Found, other: Found, ties: Comoments) -> tuple[float, float, float]:
    counts = []
    for found in (reference, other):
        _, values = quantity.values(found.plan, found.sample.paths)
        counts.append(round(math.fsum(found.sample.paths.weights * values)))
    runs, in_both = other.sample.runs or 0, round(float(ties[0]))
    low, high = tango(counts[1] - in_both, counts[0] - in_both, runs)
    return (counts[1] - counts[0]) / runs, low, high


def _paired_means(quantity: Quantity, reference: Found, other: Found, ties: Comoments) -> tuple[float, float, float]:
    counts, means, spreads = [], [], []
    for found in (reference, other):
        chosen, values = quantity.values(found.plan, found.sample.paths)
        estimate = quantity.of(found.characteristics)
        assert estimate.value is not None
        counts.append(math.fsum(found.sample.paths.weights[chosen]))
        means.append(estimate.value)
        spreads.append(squares(found.sample, chosen, values, estimate.value))
    value = means[1] - means[0]
    products = about(ties, means[0], means[1])
    return value, *paired_means((counts[0], counts[1]), (spreads[0], spreads[1]), products, value)


def _closed(end: float) -> float | None:
    return end if math.isfinite(end) else None
