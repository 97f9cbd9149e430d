"""What each provider of Argo's metrics is asked, and what no data are to its conditions."""

from fractions import Fraction as F
from itertools import pairwise
from textwrap import indent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_runner.controllers.argo.cuts import columns_of, cuts_of
from canary_runner.controllers.argo.expression.nodes import NotModelled
from canary_runner.controllers.argo.metric import Metric
from canary_runner.controllers.argo.questions import LETTERS, MetricQuestion
from canary_runner.controllers.argo.spec import Measured, Shape
from canary_runner.model.query import Measures, NoData, Query, Sees
from tests.loading.importers.test_argo import FOUND, TEMPLATE, lines, read

NAMED = "canary: {steps: [{analysis: {templates: [{templateName: rate}], args: [{name: service, value: x}]}}]}"


def of(provider, condition="result >= 0.5", **more):
    """Return how a provider is read: what is asked of whom, the metric, the findings."""
    head = TEMPLATE[: TEMPLATE.index("      provider:")].replace("result[0] >= {{args.least}}", condition)
    also = head + "      provider:\n" + indent(provider, " " * 8) + "\n"
    asked = []

    def meaning(one):
        asked.append(one)
        return more.get("meaning", FOUND)

    document, found = read(NAMED, also=also, meaning=meaning)
    measured = None if found.policy is None else found.policy.spec.steps[0].analysis.metrics[0]
    return asked, measured, lines(document, found)


@pytest.mark.parametrize(
    ("provider", "asked", "shape"),
    [
        ("prometheus: {query: up, address: a, timeout: 9, headers: []}", ("prometheus", "up", 60), Shape.VECTOR),
        ("datadog: {query: 'sum:a{}', interval: 2m}", ("datadog", "sum:a{}", 120), Shape.SCALAR),
        (
            "datadog: {apiVersion: v2, queries: {a: 'sum:e{}', b: 'sum:h{}'}, formula: a / b}",
            ("datadog", "(sum:e{}) / (sum:h{})", 300),
            Shape.SCALAR,
        ),
        ("datadog: {apiVersion: v2, queries: {only: 'sum:e{}'}}", ("datadog", "(sum:e{})", 300), Shape.SCALAR),
        ("newRelic: {query: \"SELECT count(*) AS 'n' FROM T\"}", ("newrelic", "SELECT count(*) AS 'n' FROM T", 60),
         Shape.ROW),
        (
            "cloudWatch: {interval: 1m, metricDataQueries: [{id: r, metricStat: {stat: p99, period: '60'}}]}",
            ("cloudwatch", '[{"id": "r", "metricStat": {"stat": "p99", "period": 60}}]', 60),
            Shape.SERIES,
        ),
        ("influxdb: {profile: p, query: from}", ("influxdb", "from", 60), Shape.LIST),
        ("wavefront: {address: a, query: ts}", ("wavefront", "ts", 60), Shape.NUMBER),
        ("graphite: {address: a, query: t}", ("graphite", "t", 60), Shape.VECTOR),
        ("web: {url: u}", ("web", "", 60), Shape.SCALAR),
    ],
)  # fmt: skip
def test_what_is_asked(provider, asked, shape):
    (one,), measured, _ = of(provider)
    assert (one.provider, one.text, one.window_s) == asked
    assert measured.shape is shape


@pytest.mark.parametrize(
    ("provider", "said"),
    [
        ("prometheus: {query: up, adress: a}", 'warning unknown-key | unknown key "adress" is not read'),
        (
            "prometheus: {query: up, rangeQuery: {step: 1m}}",
            'warning not-modelled | "success": the samples of a rangeQuery are taken to be one',
        ),
        (
            "cloudWatch: {interval: 30m, metricDataQueries: [{id: r, period: 300}]}",
            'warning not-modelled | "success": 6 points of 300 s are answered, and only the newest',
        ),
        (
            "datadog: {apiVersion: v2, query: q, aggregator: avg}",
            'warning not-modelled | "success": the aggregator avg',
        ),
        ("datadog: {query: q, interval: soon}", 'error bad-duration | "soon" is no time to look back'),
        ("newRelic: {query: SELECT count(*)}", "note assumed | the query names no column"),
    ],
)
def test_what_of_a_provider_is_told(provider, said):
    *_, found = of(provider, "result.n >= 0.5")
    assert any(line.split(" ", 1)[1].startswith(said) for line in found), found


@pytest.mark.parametrize(
    ("provider", "why"),
    [
        ("prometheus: {query: up, rangeQuery: {step: 1m}}", "a rangeQuery answers with every sample"),
        ("datadog: {queries: {a: x, b: y}}", "2 queries and no formula over them"),
    ],
)
def test_a_text_that_is_not_one_number_is_refused_unless_it_is_bound(provider, why):
    asked, measured, found = of(provider, meaning="it cannot be told")
    assert (measured, asked[0].text) == (None, "")
    assert any(f'error unknown-query | "success": {why}' in line for line in found), found


S, FAILED, _, E = range(len(LETTERS))


@pytest.mark.parametrize(
    ("shape", "columns", "success", "good", "bad", "nan", "empty"),
    [
        (Shape.VECTOR, (), "result[0] >= 0.5", S, FAILED, FAILED, E),
        (Shape.VECTOR, (), "len(result) == 0 || result[0] >= 0.5", S, FAILED, FAILED, S),
        (Shape.SCALAR, (), "result >= 0.5", S, FAILED, FAILED, E),
        (Shape.SCALAR, (), "default(result, 1) >= 0.5", S, FAILED, FAILED, S),
        (Shape.SCALAR, (), "result[0] >= 0.5", E, E, E, E),
        (Shape.NUMBER, (), "default(result, 1) >= 0.5", S, FAILED, FAILED, E),
        (Shape.LIST, (), "len(result) == 0 || result[0] >= 0.5", S, FAILED, FAILED, E),
        (Shape.ROW, ("rate",), "result.rate >= 0.5", S, FAILED, FAILED, E),
        (Shape.ROW, ("rate",), "result.other >= 0.5", E, E, E, E),
        (Shape.ROW, ("rate",), "result >= 0.5", E, E, E, E),
        (Shape.SERIES, (), "all(result[0].Values, # >= 0.5)", S, FAILED, FAILED, S),
        (Shape.SERIES, (), "len(result[0].Values) > 0 && result[0].Values[0] >= 0.5", S, FAILED, FAILED, FAILED),
    ],
)  # fmt: skip
def test_what_answers_are_to_a_condition(shape, columns, success, good, bad, nan, empty):
    query = Query(Measures.SUCCESS_RATIO, 60, Sees.CANARY)
    question = MetricQuestion("m", Measured(Metric("m", success), query, shape, columns))
    answers = (0.9, 0.1, NoData.NAN, NoData.EMPTY)
    assert [question.letter(answer) for answer in answers] == [good, bad, nan, empty]


@pytest.mark.parametrize(
    ("condition", "cuts"),
    [
        ("result[0] >= 0.95", [0, F("0.95")]),
        ("result > 0.1 && result < 0.2", [F("0.1"), F("0.2")]),
        ("result[0] * 100 >= 95", [F("0.95")]),
        ("95 <= 100 * default(result, 0)", [F("0.95")]),
        ("(1 - result) * 100 < 5", [F("0.95")]),
        ("result / 4 + 1 > 2 - result", [F("0.8")]),
        ("result - result > 1", []),
        ("all(result, # * 1000 < 300)", [F("0.3")]),
        ("isNaN(result[0]) || -result[0] > -5", [0, 5]),
        ("mean(result) > 0.5", [F("0.5")]),
    ],
)
def test_cuts_are_where_a_condition_may_change_its_mind(condition, cuts):
    """Worked out by hand; exact but for one rounding of a double."""
    assert set(map(float, cuts)) <= set(cuts_of(condition))
    if "*" in condition or "/" in condition or condition.startswith("result -"):
        assert cuts_of(condition) == tuple(sorted(map(float, cuts)))


@pytest.mark.parametrize(
    "condition",
    [
        "result * result > 1",
        "1 / result > 1",
        "result % 2 == 0",
        "sum(result) > 1",
        "abs(-result) > 1",
        "mean([result[0], 1]) > 3",
    ],
)
def test_what_does_not_grow_evenly_is_refused(condition):
    with pytest.raises(NotModelled):
        cuts_of(condition)


def test_a_number_beyond_all_numbers_is_no_cut():
    assert cuts_of("result / 1e300 > 1e300") == ()


def test_columns_are_those_that_conditions_read():
    assert columns_of("result.a > 1 && result['b'] < 2", "result.a > 3", "result.(") == ("a", "b")


NUMBERS = st.sampled_from(["0.05", "0.5", "2", "-1", "100"])
TERMS = st.one_of(
    st.just("result"),
    st.builds("result * {}".format, NUMBERS),
    st.builds("({} - result) / 4".format, NUMBERS),
    st.builds("-result + {}".format, NUMBERS),
    NUMBERS,
)
CONDITIONS = st.recursive(
    st.builds("({} {} {})".format, TERMS, st.sampled_from(["<", "<=", ">", ">="]), TERMS),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["&&", "||"]), inner),
    max_leaves=3,
)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(CONDITIONS, st.lists(st.floats(0, 1), min_size=2, max_size=2))
def test_between_two_cuts_there_is_one_letter(condition, places):
    """Any two numbers strictly between neighbouring cuts, 1e-9 of their distance away from them; 300 examples."""
    query = Query(Measures.SUCCESS_RATIO, 60, Sees.CANARY)
    question = MetricQuestion("m", Measured(Metric("m", condition), query, Shape.SCALAR))
    edges = [-1e4, *question.cuts, 1e4]
    for low, high in pairwise(edges):
        inside = [low + (high - low) * (1e-9 + place * (1 - 2e-9)) for place in places]
        assert len({question.letter(number) for number in inside}) == 1
