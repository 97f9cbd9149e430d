"""Quantities: exact values, both directions, and one pattern for the parser and the schema."""

import json
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_runner.loading.quantities import (
    CLOCK,
    CONFIDENCE,
    DELAY,
    DURATION,
    ERROR_DIFFERENCE,
    ERROR_EFFECT,
    LATENCY,
    LATENCY_DIFFERENCE,
    LATENCY_EFFECT,
    QUANTITIES,
    RATE,
    SHARE,
    TRAFFIC,
    WINDOW,
    QuantityError,
)
from canary_runner.loading.schema import KINDS, schema_text
from canary_runner.model import words
from canary_runner.model.policy import Micros, Points, Ratio
from canary_runner.model.scenario import Change, ErrorRateEffect, LatencyEffect


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (DURATION, "90s", 90),
        (DURATION, "5m", 300),
        (DURATION, "1h30m", 5_400),
        (DURATION, "7d", 604_800),
        (DURATION, "1d2h3m4s", 93_784),
        (DURATION, "30d", 2_592_000),
        (DELAY, "0s", 0),
        (WINDOW, "since_last_check", "since_last_check"),
        (WINDOW, "10m", 600),
        (RATE, "1%", Fraction(1, 100)),
        (RATE, "0.05%", Fraction(1, 2000)),
        (RATE, "0%", Fraction(0)),
        (RATE, "100%", Fraction(1)),
        (RATE, "29%", Fraction(29, 100)),
        (SHARE, "40%", Fraction(2, 5)),
        (CONFIDENCE, "50%", Fraction(1, 2)),
        (CONFIDENCE, "99.9%", Fraction(999, 1000)),
        (LATENCY, "500ms", 500_000),
        (LATENCY, "1.5s", 1_500_000),
        (LATENCY, "0.001ms", 1),
        (LATENCY, "3600s", 3_600_000_000),
        (LATENCY, "3600000ms", 3_600_000_000),
        (TRAFFIC, "120rps", Fraction(120)),
        (TRAFFIC, "120/s", Fraction(120)),
        (TRAFFIC, "7200/min", Fraction(120)),
        (TRAFFIC, "100/min", Fraction(5, 3)),
        (CLOCK, "09:00", 32_400),
        (CLOCK, "23:59", 86_340),
        (ERROR_DIFFERENCE, "0.5pp", Points(Fraction(1, 200))),
        (ERROR_DIFFERENCE, "+0.5pp", Points(Fraction(1, 200))),
        (ERROR_DIFFERENCE, "1.5x", Ratio(Fraction(3, 2))),
        (ERROR_DIFFERENCE, "0.5x", Ratio(Fraction(1, 2))),
        (LATENCY_DIFFERENCE, "1.2x", Ratio(Fraction(6, 5))),
        (LATENCY_DIFFERENCE, "+50ms", Micros(50_000)),
        (LATENCY_DIFFERENCE, "+0ms", Micros(0)),
        (ERROR_EFFECT, "+2pp", ErrorRateEffect(Change.ADD, Fraction(1, 50))),
        (ERROR_EFFECT, "5x", ErrorRateEffect(Change.MULTIPLY, Fraction(5))),
        (ERROR_EFFECT, "3%", ErrorRateEffect(Change.SET, Fraction(3, 100))),
        (LATENCY_EFFECT, "1.5x", LatencyEffect(Change.MULTIPLY, Fraction(3, 2))),
        (LATENCY_EFFECT, "+50ms", LatencyEffect(Change.ADD, Fraction(50_000))),
    ],
)
def test_values_are_exact(kind, text, value):
    assert kind.parse(text) == value
    assert type(kind.parse(text)) is type(value)


@pytest.mark.parametrize(
    ("kind", "text", "message", "help"),
    [
        (RATE, "0.01", "0.01 has no unit", "write 1% (= 0.01) or 0.01%"),
        (ERROR_DIFFERENCE, "+0.5%", "+0.5% could be points or relative", "write 0.5pp for points, 1.005x for relative"),
        (LATENCY_DIFFERENCE, "120%", "120% is not a ratio", "write 1.2x"),
        (DURATION, "5min", '"5min" is not a duration', "write 5m"),
        (DURATION, "1:30", "1:30 could be hours or minutes", "write 1h30m or 1m30s"),
        (DURATION, "PT5M", "PT5M is an ISO 8601 duration", "write 5m"),
        (DURATION, "P1DT2H", "P1DT2H is an ISO 8601 duration", "write 1d2h"),
        (DURATION, "0.5h", "0.5h is not in whole units", "write 30m"),
        (LATENCY, "500", "500 has no unit", "write 500ms or 500s"),
        (LATENCY, "500us", '"500us" is not a latency', "write it like 500ms or 1.5s"),
        (
            LATENCY,
            "1.0000001s",
            "1.0000001s is not a whole number of microseconds",
            "write at most 3 decimals of ms, 6 of s",
        ),
        (TRAFFIC, "120", "120 has no unit", "write 120rps or 120/min"),
        (CONFIDENCE, "0.95", "0.95 has no unit", "write 95%"),
        (CLOCK, "9:00", "9:00 has one digit too few", "write 09:00"),
        (CLOCK, "24:00", '"24:00" is not a time of day', "write it like 09:00"),
    ],
)
def test_refusals_say_what_to_write(kind, text, message, help):
    with pytest.raises(QuantityError) as caught:
        kind.parse(text)
    assert (str(caught.value), caught.value.help) == (message, help)


DECIMALS = st.builds(Fraction, st.integers(0, 10**12), st.sampled_from([1, 10, 1000, 10**9])).filter(
    lambda f: f < 10**6
)


@given(st.integers(1, 30 * 86_400))
def test_durations_survive_the_way_to_text_and_back(seconds):
    assert DURATION.parse(words.duration(seconds)) == seconds


@given(st.integers(0, 10**9).map(lambda n: Fraction(n, 10**9)))
def test_rates_survive(rate):
    assert RATE.parse(words.percent(rate)) == rate
    assert ERROR_DIFFERENCE.parse(words.points(rate)) == Points(rate)


@given(DECIMALS.filter(bool))
def test_ratios_survive(factor):
    assert ERROR_DIFFERENCE.parse(words.factor(factor)) == Ratio(factor)
    assert LATENCY_DIFFERENCE.parse(words.factor(factor)) == Ratio(factor)


@given(st.integers(1, 3_600_000_000))
def test_latencies_survive(micros):
    assert LATENCY.parse(words.milliseconds(micros)) == micros
    assert LATENCY_DIFFERENCE.parse(f"+{words.milliseconds(micros)}") == Micros(micros)


@given(DECIMALS.filter(bool), st.sampled_from([1, 60]))
def test_traffic_survives(rate, per):
    assert TRAFFIC.parse(words.requests_rate(rate / per)) == rate / per


@given(st.integers(0, 1439))
def test_times_of_day_survive(minutes):
    assert CLOCK.parse(words.time_of_day(minutes * 60)) == minutes * 60


def quantity_schemas(node):
    if isinstance(node, dict):
        if node.get("title") in QUANTITIES and "pattern" in node:
            yield node
        for child in node.values():
            yield from quantity_schemas(child)
    if isinstance(node, list):
        for child in node:
            yield from quantity_schemas(child)


def test_schemas_and_parsers_have_the_same_patterns():
    seen = set()
    for kind in KINDS:
        for schema in quantity_schemas(json.loads(schema_text(kind))):
            quantity = QUANTITIES[schema["title"]]
            assert schema["pattern"] == quantity.schema_pattern
            for example in schema["examples"]:
                quantity.parse(example)
            seen.add(quantity.title)
    assert seen == set(QUANTITIES) - {CLOCK.title}  # only an option has a time of day


NEARLY = st.text("0123456789.+-%pxmsdhrin/:PT \n١e", max_size=12)


def refusal(quantity, text) -> QuantityError | None:
    try:
        quantity.parse(text)
    except QuantityError as error:
        return error
    return None


@given(st.sampled_from(list(QUANTITIES.values())), st.data())
def test_a_parser_refuses_what_its_pattern_refuses_and_what_is_out_of_range(quantity, data):
    fits = st.from_regex(quantity.pattern.replace("$(?!\\n)", r"\Z"))
    text = data.draw(NEARLY | fits | fits.map(lambda text: text + "\n") | fits.map(lambda text: " " + text))
    matches = re.search(quantity.pattern, text) is not None
    error = refusal(quantity, text)
    assert matches == (error is None or error.rule == "out-of-range")
    is_above = error is not None and error.rule == "out-of-range" and re.search("[1-9]", text) is not None
    assert bool(re.search(quantity.schema_pattern, text)) == (error is None or is_above)


NUMBERS = ("0", "0.0", "1", "1.5", ".5", "99", "100", "150", "1000", "100000", "0.0000001", "123456789012")
UNITS = ("", "%", " %", "pp", "x", "ms", "s", "m", " min", "M", "h", "d", "rps", "/min", " rps", ":30", "h30", "ms5")


@pytest.mark.parametrize("quantity", QUANTITIES.values(), ids=QUANTITIES)
def test_what_a_refusal_says_to_write_is_not_refused(quantity):
    """Every wrong quantity of a grid: a help line that names quantities to write names only right ones."""
    told = 0
    for text in (f"{sign}{number}{unit}" for sign in ("", "+", "-") for number in NUMBERS for unit in UNITS):
        error = refusal(quantity, text)
        if error is None or not error.help.startswith(("write", "to lessen")):
            continue
        written = re.findall(r"(?<!below )(?<!at most )(?<![\w.+])\+?[0-9][0-9.]*(?:[a-z%/]+[0-9.]*)+", error.help)
        told += len(written)
        assert [one for one in written if refusal(quantity, one)] == [], (text, error.help)
    assert told or quantity is CLOCK  # whose texts have no unit


@given(st.sampled_from(list(QUANTITIES.values())), NEARLY | st.text(max_size=300))
def test_any_text_is_refused_in_bounded_words_or_read(quantity, text):
    error = refusal(quantity, text)
    if error:
        assert len(str(error)) < 150
        assert "\n" not in str(error)
        assert 0 < len(error.help) < 150


@pytest.mark.parametrize(
    ("quantity", "text", "message", "help"),
    [
        (DURATION, "1000d", "1000d has too many digits", "a duration is at most 30d"),
        (DURATION, "0000005m", "0000005m has too many digits", "write 5m"),
        (LATENCY, "0050ms", "0050ms begins with a zero too many", "write 50ms"),
        (LATENCY, "00.5s", "00.5s begins with a zero too many", "write 0.5s"),
        (LATENCY, "00s", "00s begins with a zero too many", "write it like 500ms or 1.5s"),
        (LATENCY, "10000s", "10000s is above one hour", "at most 3600s"),
    ],
)
def test_digits_that_are_too_many(quantity, text, message, help):
    error = refusal(quantity, text)
    assert error is not None
    assert (str(error), error.help) == (message, help)
