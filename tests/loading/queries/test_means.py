"""A mean latency is refused with the percentile that stands for it; the table in the docs is what a lognormal says."""

import re
from math import exp, expm1, log, sqrt
from pathlib import Path
from statistics import NormalDist

import pytest

from canary_runner.loading.queries import Names, Unclear, meaning_of

NORMAL = NormalDist()
PAGE = (Path(__file__).parents[3] / "docs" / "queries.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([0-9]+) \| p([0-9.]+) \| `latency_p([0-9]+)` \| ([-+][0-9.]+) % \|$", PAGE, re.MULTILINE)


def sigma_of(ratio):
    """Return the shape of a lognormal whose p99 is `ratio` times its p50."""
    return log(ratio) / NORMAL.inv_cdf(0.99)


def test_the_table_is_found():
    assert [int(row[0]) for row in ROWS] == [2, 3, 5, 10, 20]


@pytest.mark.parametrize("row", ROWS)
def test_the_table_is_what_a_lognormal_says(row):
    ratio, at, bound, off = map(float, row)
    sigma = sigma_of(ratio)
    mean = exp(sigma**2 / 2)  # by the median
    assert at == round(100 * NORMAL.cdf(log(mean) / sigma), 1)
    assert off == round(100 * (exp(sigma * NORMAL.inv_cdf(bound / 100)) / mean - 1), 1)


def test_the_noise_is_what_a_lognormal_says():
    sigma = sigma_of(5)
    at = NORMAL.cdf(sigma / 2)
    of_mean, of_percentile = sqrt(expm1(sigma**2)), sigma * sqrt(at * (1 - at)) / NORMAL.pdf(sigma / 2)
    assert f"{of_mean:.2f} and {of_percentile:.2f} by √n" in PAGE


@pytest.mark.parametrize(
    ("provider", "text"),
    [
        ("prometheus", "sum(rate(http_request_seconds_sum[1m])) / sum(rate(http_request_seconds_count[1m]))"),
        ("cloudwatch", "AWS/ApplicationELB TargetResponseTime Average"),
    ],
)
def test_a_mean_is_refused_with_what_stands_for_it(provider, text):
    found = meaning_of(provider, text, Names(), 60, "m")
    assert isinstance(found, Unclear)
    assert "is a mean, and a mean is no percentile: bind the one at which it lies" in found.reason
