"""Bets against a mean: never wrong too often, whenever one looks, and soon decided where values are near each other."""

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from canary_runner.engines.streams import BLOCK
from canary_runner.stats.betting import SHARES, evidence, shown_side

ALPHA = 0.001
MOST_RUNS = 1_000_000

LAWS = {
    "of 0 and 1, seldom 1": (lambda rng, size: (rng.random(size) < 0.05).astype(float), 0.05),
    "of 0 and 1, as often": (lambda rng, size: (rng.random(size) < 0.5).astype(float), 0.5),
    "near the lower end": (lambda rng, size: rng.beta(0.2, 20, size), 0.2 / 20.2),
    "near each other": (lambda rng, size: 0.3 + 0.02 * (rng.random(size) < 0.1), 0.302),
    "everywhere": (lambda rng, size: rng.random(size), 0.5),
    "seldom and far": (lambda rng, size: np.where(rng.random(size) < 0.01, 0.9, 0.001), 0.01 * 0.9 + 0.99 * 0.001),
}


def plain(values, mean):
    """Return ln of the mixture after each value: every bet a product, added up as they stand."""
    found = 0.0
    for share in SHARES:
        for bet in (share / mean, -share / (1 - mean)):
            found = found + np.cumprod(1 + bet * (values - mean), axis=-1) / (2 * SHARES.size)
    with np.errstate(divide="ignore"):
        return np.log(found)


@pytest.mark.parametrize("mean", [0.01, 0.3, 0.9])
def test_the_evidence_is_the_products(mean):
    values = np.random.default_rng(1).beta(2, 3, 50)
    ones = np.ones(50)
    halves = [math.exp(evidence(g, ones)) for g in ((values - mean) / mean, (mean - values) / (1 - mean))]
    assert math.log(sum(halves)) == pytest.approx(plain(values, mean)[-1], rel=1e-8)


@cache
def share_excluded(name, alpha=0.05, sequences=1_000):
    """Return in which share of sequences of 2,000 looks, seed 7, the true mean is ever excluded."""
    draw, mean = LAWS[name]
    rng, wrong = np.random.default_rng(7), 0
    for _ in range(10):
        values = draw(rng, (sequences // 10, 2_000))
        wrong += int((plain(values, mean) >= -math.log(alpha)).any(axis=1).sum())
    return wrong / sequences


@pytest.mark.parametrize("name", LAWS)
def test_the_truth_is_hardly_ever_excluded_at_any_look(name):
    """At most 5 % and three standard errors of 1,000 sequences are ever wrong at alpha 5 %."""
    assert share_excluded(name) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 1_000)


def test_the_documented_share_is_what_was_counted():
    low, high = (100 * end(map(share_excluded, LAWS)) for end in (min, max))
    page = (Path(__file__).parents[2] / "docs" / "model.md").read_text(encoding="utf-8")
    assert f"seed 7, the truth was excluded at any look in {low:g} to {high:g} %" in " ".join(page.split())


@pytest.mark.parametrize("bound_is", ["above", "below"])
def test_a_side_is_hardly_ever_shown_wrongly(bound_is):
    """The true mean is beside the bound by half a standard deviation of 400 values: 1,000 sequences, seed 8."""
    rng, alpha, sequences = np.random.default_rng(8), 0.05, 1_000
    mean = 0.5 + (0.29 / 40 if bound_is == "above" else -0.29 / 40)
    sides = []
    for _ in range(sequences):
        values = rng.random(400)
        sides.append([shown_side(mean, values[:n], np.ones(n), alpha) for n in range(20, 401, 20)])
    wrong = (np.array(sides) == (1 if bound_is == "above" else -1)).any(axis=1).mean()
    assert wrong <= alpha


def blocks_until_shown(side, mean, spread, bound, most):
    """Return how many blocks of rollouts it takes to show the side; values are gamma-distributed, by 200 quantiles."""
    from scipy import stats

    shape = (mean / spread) ** 2 if mean else 1.0
    places = (np.arange(200) + 0.5) / 200
    values = stats.gamma.ppf(places, shape, scale=mean / shape) if mean else np.zeros(200)
    for blocks in range(1, MOST_RUNS // BLOCK + 1):
        if found := shown_side(bound / most, values / most, np.full(200, blocks * BLOCK / 200), ALPHA):
            assert found == side
            return blocks
    return None


@pytest.mark.parametrize(
    ("mean", "bound", "most"),
    [(110, 150, 120_000), (110, 150, 480_000), (0, 10, 120_000), (2398, 3000, 120_000), (2398, 4800, 120_000)],
)
@pytest.mark.parametrize("spread", [0.1, 0.8])
def test_means_of_extra_errors_are_decided_within_the_budget(mean, bound, most, spread):
    """Though the range is up to four thousand times the mean, and nothing is known of the values."""
    assert blocks_until_shown(-1, mean, spread * mean, bound, most) is not None


@pytest.mark.parametrize(("bound", "side"), [(36, 1), (60, -1)])
def test_a_range_of_the_same_order_is_decided_at_once(bound, side):
    assert blocks_until_shown(side, 48, 10, bound, 4440) == 1


def test_equal_values_count_by_weight_and_order_does_not():
    values = np.random.default_rng(2).random(40)
    often = np.arange(1, 41)
    merged = evidence((values - 0.4) / 0.4, often.astype(float))
    assert merged == pytest.approx(
        evidence((np.repeat(values, often)[::-1] - 0.4) / 0.4, np.ones(often.sum())), rel=1e-8
    )


def test_the_largest_bet_may_lose_everything():
    assert shown_side(0.5, np.array([0.0]), np.array([100.0]), ALPHA) == -1
    assert shown_side(0.5, np.array([1.0]), np.array([100.0]), ALPHA) == 1
    assert shown_side(0.5, np.array([0.0, 1.0]), np.array([50.0, 50.0]), ALPHA) == 0
