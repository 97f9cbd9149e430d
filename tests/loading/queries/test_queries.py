"""Query texts have the meaning that their owners give them, or none; whatever they are, nothing else happens."""

from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_runner.loading.queries import READERS, Names, Unclear, meaning_of
from canary_runner.model.query import Measures, NoData, Query, Sees

CASES = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text())
NAMES = Names(("shop", "c4n4ry"), ("shop-primary", "st4bl3"), ("shop-canary",), ("shop-stable",), "prod")
ARMS = {"canary": Sees.CANARY, "baseline": Sees.BASELINE, "both": Sees.BOTH}
NO_DATA = {"nan": NoData.NAN, "empty": NoData.EMPTY}


def rows():
    for provider, cases in CASES.items():
        for index, case in enumerate(cases):
            yield pytest.param(provider, case, id=f"{provider} {index + 1}")


def expected(case):
    words = case["is"]
    measures, sees, window_s, factor, *more = words.split()
    found = Query(Measures[measures.upper()], int(window_s), ARMS[sees], Fraction(factor))
    quantile = Fraction(more.pop(0)) if measures == "latency_quantile" else None
    idle, unborn = ([NO_DATA.get(word, word) for word in more] + [NoData.NAN, NoData.EMPTY][len(more) :])[:2]
    answers = [one if isinstance(one, NoData) else float(one) for one in (idle, unborn)]
    counts_idle = measures in ("requests", "errors") and idle is NoData.EMPTY
    is_missing = case.get("zero") == "missing"
    return Query(found.measures, found.window_s, found.sees, found.factor, quantile, *answers, counts_idle, is_missing)


@pytest.mark.parametrize(("provider", "case"), list(rows()))
def test_a_query_means_what_it_means(provider, case):
    found = meaning_of(provider, case["text"], NAMES, case.get("window_s"), metric="m")
    if "is" in case:
        assert found == expected(case)
        return
    assert isinstance(found, Unclear)
    assert case["unclear"] in found.reason
    assert "--bind m=" in found.help


def test_every_provider_has_cases_of_both_kinds():
    for provider in READERS:
        assert any("is" in case for case in CASES[provider])
        assert any("unclear" in case for case in CASES[provider])


PIECES = st.sampled_from(
    [
        *("sum", "(", ")", "rate", "[1m]", "[5m]", "{", "}", "http_requests_total", "/", "*", "100", "by", "(le)", ","),
        *('status=~"5.."', "histogram_quantile", "0.99", "or", "vector", "0", "-", "1", 'pod=~"(a+)+$"', "'", '"'),
        *("SELECT", "FROM", "WHERE", "Transaction", "percentage", "count(*)", "sum:a.b{", "}.as_count()"),
        *("p95:trace.x{*}", '[{"Id": "a"}]'),
    ]
)


@settings(max_examples=400, derandomize=True, deadline=1000)
@given(st.sampled_from(sorted(READERS)), st.lists(PIECES, max_size=25).map(" ".join) | st.text(max_size=40))
def test_any_text_is_a_query_or_unclear(provider, text):
    found = meaning_of(provider, text, NAMES, 60)
    assert isinstance(found, Query | Unclear)
    if isinstance(found, Unclear):
        assert 0 < len(found.reason) < 400


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000, "1" + "+1" * 4_000, "-" * 10_000 + "1", "a" * 10_000, "sum:" * 2_500, "SELECT " * 1_000,
        '[{"Id": "a", "Expression": "' + "(" * 3_000 + '"}]', "[" * 10_000, "sum(" * 1_000, "9" * 10_000,
        'sum(rate(http_requests_total{pod=~"' + "(a{9}){9}" * 500 + '"}[1m]))',
        'sum(rate(http_requests_total{pod=~"(x+x+)+y"}[1m]))',
    ],
    ids=lambda text: text[:24],
)  # fmt: skip
@pytest.mark.parametrize("provider", sorted(READERS))
def test_hostile_queries_are_answered_in_a_second(provider, text):
    """The time is pytest's and the machine's to bound; what is asserted is that there is an answer, in few words."""
    found = meaning_of(provider, text, NAMES, 60)
    assert isinstance(found, Query) or len(found.reason) < 400


@settings(max_examples=200, derandomize=True)
@given(st.fractions(1, 1000, max_denominator=10), st.sampled_from(["5.*", "5..", "5[0-9]{2}", "50[0234]", "5\\\\d+"]))
def test_scaling_a_ratio_scales_its_factor(factor, errors):
    ratio = f'sum(rate(http_requests_total{{code=~"{errors}"}}[1m])) / sum(rate(http_requests_total[1m]))'
    wanted = Query(Measures.ERROR_RATIO, 60, Sees.BOTH, factor)
    scaled = f"{factor.numerator} * ({ratio}) / {factor.denominator}"
    assert meaning_of("prometheus", scaled, Names()) == wanted
    success = meaning_of("prometheus", f"{factor.numerator}/{factor.denominator} - {scaled}", Names())
    assert success == Query(Measures.SUCCESS_RATIO, 60, Sees.BOTH, factor)
