"""Conditions: what the language refuses and gives, beyond the recorded cases; and that no text is a surprise."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_runner.controllers.argo.expression.nodes import ConditionError, NotModelled
from canary_runner.controllers.argo.expression.values import Vector
from canary_runner.controllers.argo.measurement import Cause, holds, judge
from canary_runner.controllers.argo.phases import Phase

REFUSED = "refused"
ONE, NAN, EMPTY = Vector((0.99,)), Vector((math.nan,)), Vector()


@pytest.mark.parametrize(
    ("condition", "result", "expected"),
    [
        pytest.param("results[0] >= 1", ONE, REFUSED, id="a name that is not there"),
        pytest.param("isNil(result) || result < 3", None, REFUSED, id="a guard that does not compile"),
        pytest.param("result == nil", None, True, id="nil is equal to nil"),
        pytest.param("result != 'x'", None, True, id="nil compares with anything"),
        pytest.param("default(result[0], 1) > 0", EMPTY, REFUSED, id="default protects no index"),
        pytest.param("default(result, 7)[0] > 0.9", ONE, True, id="default gives the whole result"),
        pytest.param("isNil(1)", None, True, id="isNil looks at the result"),
        pytest.param("result.a.b > 1", {"a": {"b": 2.0}}, True, id="fields of fields"),
        pytest.param("result.x > 1", {}, REFUSED, id="a missing key has no order"),
        pytest.param("result.x?.y == nil", {}, True, id="an optional member of nil is nil"),
        pytest.param("(result.x ?? 5) > 4", {}, True, id="coalescing replaces a missing key"),
        pytest.param("result.x ?? 5 > 4", {}, REFUSED, id="coalescing and comparing need parentheses"),
        pytest.param("result.major == '1'", {"major": 1.0}, False, id="a number is never text"),
        pytest.param("result == '1'", 1.0, REFUSED, id="where types are known the comparison is refused"),
        pytest.param("asFloat(result) >= 0.95", "0.97", True, id="text turned into a number"),
        pytest.param("asInt(result) == 2", 2.9, True, id="asInt cuts"),
        pytest.param("asFloat(result) > 0", " 1", REFUSED, id="asFloat takes no space"),
        pytest.param("isNaN(result[0])", NAN, True, id="NaN is found"),
        pytest.param("isNaN(len(result))", ONE, REFUSED, id="an integer is no float"),
        pytest.param("isNaN(1)", ONE, False, id="an integer written out becomes a float"),
        pytest.param("result[0] == result[0]", NAN, False, id="NaN is not itself"),
        pytest.param("0.9 <= result[0] < 1", ONE, True, id="comparisons in a row"),
        pytest.param("not result[0] > 0.5", ONE, REFUSED, id="not binds before the comparison"),
        pytest.param("not (result[0] > 0.5)", ONE, False, id="not of a comparison"),
        pytest.param("result[-1] > 0.5", ONE, True, id="an index from the end"),
        pytest.param("result[0.0] > 0.5", ONE, REFUSED, id="an index is an integer"),
        pytest.param("len(result) > 0 ? result[0] > 0.9 : false", EMPTY, False, id="only one branch runs"),
        pytest.param("all(result, # < 0.5)", EMPTY, True, id="all of nothing"),
        pytest.param("count(result, # > 0.5) == 1", ONE, True, id="counting"),
        pytest.param("filter(result, # > 0.5)[0] > 0.9", ONE, True, id="filtering"),
        pytest.param("sum(map(result, # * 100)) > 98", ONE, True, id="mapping and summing"),
        pytest.param("max(result) < 1 and min(result) > 0", ONE, True, id="words for signs"),
        pytest.param("result[0] in [0.99, 1]", ONE, True, id="a list with a decimal"),
        pytest.param("3 not in 1..2", ONE, True, id="not in a range"),
        pytest.param("result contains 'ok'", "looks ok", True, id="text in text"),
        pytest.param("result matches '^v[0-9]+$'", "v12", True, id="a pattern"),
        pytest.param("result matches '('", "v12", REFUSED, id="a wrong pattern"),
        pytest.param("1 / 0 > 1000", ONE, True, id="division by zero is infinite"),
        pytest.param("1 % 0 == 0", ONE, REFUSED, id="remainder by zero"),
        pytest.param("result[0] > 0 || 1 % 0 == 1", ONE, REFUSED, id="a constant is worked out before anything runs"),
        pytest.param("result[0] >= 0.95 || true", EMPTY, True, id="or true asks nothing"),
        pytest.param("result[0] >= 0.95 || 1 == 1", EMPTY, True, id="or a true constant asks nothing"),
        pytest.param("result[0] < 1 && not true", EMPTY, False, id="and false asks nothing"),
        pytest.param("result[0] < 1 && true", EMPTY, REFUSED, id="and true still asks"),
        pytest.param("result[0] < 1 || false", ONE, True, id="or false still asks"),
        pytest.param("result[0] > 0 || 1.0 == 1.0", EMPTY, REFUSED, id="floats are not compared beforehand"),
        pytest.param("findIndex(result, # > 2) == nil", ONE, True, id="no place is nil"),
        pytest.param("findIndex(result, # > 2) == -1", ONE, REFUSED, id="no place is no integer"),
        pytest.param("findIndex(result, # > 0.9) == 0", ONE, True, id="a place"),
        pytest.param("find([1, 2], # > 5) == 5", ONE, REFUSED, id="nothing found is no integer"),
        pytest.param("findLast([1, 2, 3], # < 3) == 2", ONE, True, id="the last one that fits"),
        pytest.param("findLastIndex([1, 2, 3], # < 3) != 1", ONE, False, id="its place"),
        pytest.param("filter(result, # > 2)[0] > 0", ONE, REFUSED, id="the first of nothing"),
        pytest.param("first(filter(result, # > 2)) == nil", ONE, True, id="first() of nothing is nil"),
        pytest.param("last(filter([1, 2], # > 0)) == 2", ONE, True, id="last() of a filter"),
        pytest.param("filter([1, 2], # > 0)[-1] == 2", ONE, True, id="the last of a filter"),
        pytest.param("result.code in ['200', '201']", {"code": "200"}, True, id="text among texts"),
        pytest.param("result.code in ['200', '201']", {"code": 200.0}, REFUSED, id="a number among texts"),
        pytest.param("result.code in ['', 'x']", {}, True, id="nil among texts is the empty one"),
        pytest.param("result.code in ['200', 201]", {"code": 201.0}, True, id="a list of both is asked by value"),
        pytest.param("result.a in result.b", {"a": {"x": 1.0}, "b": {"y": 2.0}}, REFUSED, id="a map is no key"),
        pytest.param("result.a in result.b", {"a": "y", "b": {"y": 2.0}}, True, id="a key of a map"),
        pytest.param("all(result, #index < 3)", ONE, REFUSED, id="#index outside map"),
        pytest.param("map(result, #index)[0] == 0", ONE, True, id="#index in map"),
        pytest.param("(result.t == 0 ? 0 : result.e) == 0", {"t": 0.0, "e": 1.0}, True, id="the branch of the type"),
        pytest.param("(result.t == 0 ? 0 : result.e) == 0", {"t": 1.0, "e": 0.0}, REFUSED, id="the other branch"),
        pytest.param("(result.t == 0 ? 0 : result.a.b) == 0", {"t": 1.0, "a": {"b": 0.0}}, True, id="a key of a key"),
        pytest.param("(result.t == 0 ? 0 : result.e - 1) == 0", {"t": 9.0, "e": 1.0}, True, id="a computed branch"),
        pytest.param("(result.t > 0 ? result.l[0] : 0) == 0", {"t": 9.0, "l": (0.0,)}, True, id="an element first"),
        pytest.param("first(filter([1, 2], # > 5)) == 1", ONE, False, id="first() of nothing equals no integer"),
        pytest.param("result.m[result.missing] == nil", {"m": {"x": 1.0}}, True, id="nil as a key is the empty one"),
        pytest.param("result == 1..1", Vector((1.0,)), False, id="samples are no range"),
        pytest.param("1..2 == [1, 2]", ONE, True, id="a range is a list"),
        pytest.param("all(result.m, # > 1)", {"m": {}}, True, id="all of an empty map"),
        pytest.param("all(result.m, # > 1)", {"m": {"x": 2.0}}, REFUSED, id="all of a map"),
        pytest.param("count(result.t, # == 97) == 2", {"t": "abca"}, True, id="a text goes by its bytes"),
        pytest.param("trim(result, '-') == 'x'", "--x-", True, id="trim of chosen characters"),
        pytest.param("split(result, ',', 2)[1] == 'b,c'", "a,b,c", True, id="split into so many"),
        pytest.param("len(split(result, '', 2)[1]) == 2", "abc", True, id="split into characters, so many"),
        pytest.param("len(split(result, ',', 0)) == 0", "a,b,c", True, id="split into none"),
        pytest.param("result[0:3] == 'grö'", "größe", False, id="text is cut by bytes"),
        pytest.param("indexOf(result, 'e') == 6", "größe!", True, id="text is searched by bytes"),
        pytest.param("result == {'a': 1}", {"a": 1.0}, False, id="maps are equal down to the types"),
        pytest.param("asInt(result) == 9007199254740992", "9007199254740993", False, id="integers to the last digit"),
        pytest.param("max(0.5, result) == 0.5", Vector((math.nan, 0.9)), True, id="samples are compared first"),
        pytest.param("max(result.x) == 'abc'", {"x": "abc"}, True, id="the most of one is that one"),
        pytest.param("max(result.x, 1) == 1", {"x": "abc"}, REFUSED, id="the most of text and number"),
        pytest.param("isNaN(len(result) + 1)", ONE, False, id="a written integer makes a float of a sum"),
        pytest.param("count(result.l, # > 0.5) > 0", {"l": (0.9, "x")}, True, id="one hit is enough"),
        pytest.param("count(result.l, # > 0.5) >= 2", {"l": (0.9, 0.8, "x")}, True, id="two hits are enough"),
        pytest.param("count(result.l, # > 0.5) == 2", {"l": (0.9, 0.8, "x")}, REFUSED, id="all hits are counted"),
        pytest.param("len(filter(result.l, # > 0.5)) > 0", {"l": (0.9, "x")}, True, id="a filter is not made to count"),
        pytest.param(
            "all(result.l, # > 0) && all(result.l, # < 1)", {"l": (2.0, "x")}, False, id="two questions in one go"
        ),
        pytest.param("7 % 2.0 == 1", ONE, REFUSED, id="remainder of floats"),
        pytest.param("true && result", {"a": 1.0}, REFUSED, id="nothing is true by being there"),
        pytest.param("len(result.Values) >= 1", {"Values": (1.0,)}, True, id="a list in a map"),
        pytest.param("result.x.y == 1 /* note */ // and on", {"x": {"y": 1.0}}, True, id="comments"),
        pytest.param("result", True, True, id="a truth value alone"),
        pytest.param("result < " + "9" * 5000, 1.0, REFUSED, id="an endless number"),
        pytest.param("asInt(result) > 1", "9" * 5000, REFUSED, id="text of an endless number"),
        pytest.param(r"result == '\UFFFFFFFF'", "a", REFUSED, id="an escape that is no character"),
        pytest.param(r"result > '\ud800'", "a", False, id="half a character"),
        pytest.param("result.name() == 'a'", 1.0, REFUSED, id="a number has no methods"),
        pytest.param("-2 ** 2 == -4", ONE, True, id="the power binds before the sign"),
    ],
)
def test_condition(condition, result, expected):
    if expected == REFUSED:
        with pytest.raises(ConditionError):
            holds(condition, result)
    else:
        assert holds(condition, result) is expected


@pytest.mark.parametrize(
    "condition", ["let x = 1; x > 0", "sortBy(result, #)[0] > 1", "result | max() > 1", "now() > 1"]
)
def test_what_is_outside_the_subset_is_said_and_not_guessed(condition):
    with pytest.raises(NotModelled):
        judge(ONE, condition)


def test_the_second_condition_is_not_evaluated_after_an_error_in_the_first():
    found = judge(EMPTY, "result[0] > 1", "result[0] <")
    assert (found.phase, found.cause) == (Phase.ERROR, Cause.NO_DATA)
    assert "successCondition" in found.message


WORDS = st.sampled_from(
    [
        "result",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        ".",
        "?.",
        "??",
        "?",
        ":",
        ",",
        "#",
        "+",
        "-",
        "*",
        "/",
        "%",
        "**",
        "<",
        "<=",
        "==",
        "!=",
        "!",
        "&&",
        "||",
        "and",
        "or",
        "not",
        "in",
        "..",
        "0",
        "1",
        "2.5",
        "'a'",
        "nil",
        "true",
        "len",
        "all",
        "any",
        "count",
        "sum",
        "isNaN",
        "isNil",
        "default",
        "asInt",
        "asFloat",
        "max",
        "min",
        "matches",
        "contains",
        "x",
        "@",
        "'",
        "=",
        ";",
        "|",
    ]
)
RESULTS = st.sampled_from([ONE, NAN, EMPTY, None, 1.0, True, "1", {"x": (1.0, "a", None)}, ("a", None)])


@settings(max_examples=400, derandomize=True)
@given(st.lists(WORDS, max_size=14).map(" ".join) | st.text(max_size=20), RESULTS)
def test_any_text_holds_or_not_or_is_refused(condition, result):
    try:
        found = judge(result, condition)
    except NotModelled:
        return
    assert found.phase in (Phase.SUCCESSFUL, Phase.FAILED, Phase.ERROR)
    assert (found.phase is Phase.ERROR) == (found.cause is not None)


@pytest.mark.parametrize(
    "condition", ["!" * 500 + "true", "(" * 500, "1" + "+1" * 5000, "[" * 90 + "]" * 90, "!" * 90 + "true"]
)
def test_deep_and_long_conditions_end_in_an_answer(condition):
    try:
        assert judge(ONE, condition).phase in (Phase.SUCCESSFUL, Phase.ERROR)
    except NotModelled:
        assert len(condition) > 100
