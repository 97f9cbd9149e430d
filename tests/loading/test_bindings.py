"""Bindings say what a metric measures; their two spellings mean the same."""

import json
from fractions import Fraction

import pytest

from canary_runner.loading import check_bytes
from canary_runner.loading.bindings import EXAMPLE, binding_of, bindings_from
from canary_runner.model.diagnostics import UsageError
from canary_runner.model.query import Measures, NoData, Query, Sees


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("error_ratio,window=1m,arm=canary", Query(Measures.ERROR_RATIO, 60, Sees.CANARY)),
        ("success_ratio,unit=percent,arm=both", Query(Measures.SUCCESS_RATIO, 300, Sees.BOTH, Fraction(100))),
        (
            "latency_p99.9,unit=ms,window=90s,arm=baseline",
            Query(Measures.LATENCY_QUANTILE, 90, Sees.BASELINE, Fraction(1000), Fraction(999, 1000)),
        ),
        ("requests,unit=per_second,window=1m,arm=canary", Query(Measures.REQUESTS, 60, Sees.CANARY, Fraction(1, 60))),
        ("errors,unit=per_minute,window=2m,arm=canary", Query(Measures.ERRORS, 120, Sees.CANARY, Fraction(1, 2))),
        (
            "error_ratio,arm=canary,without_requests=zero,before_first_request=nan",
            Query(Measures.ERROR_RATIO, 300, Sees.CANARY, idle=0.0, unborn=NoData.NAN),
        ),
        (
            "requests,arm=canary,without_requests=nothing",
            Query(Measures.REQUESTS, 300, Sees.CANARY, idle=NoData.EMPTY, counts_idle=True),
        ),
    ],
)
def test_an_option_and_a_file_mean_the_same(text, query):
    name, binding = binding_of(f"m={text}")
    assert (name, binding.query(300, "prometheus")) == ("m", query)
    measures, *options = text.split(",")
    data = {"measures": measures, **dict(option.split("=") for option in options)}
    report = check_bytes("f", json.dumps({"schema": "canary-runner/bindings/v1", "bindings": {"m": data}}).encode())
    assert report.diagnostics == ()
    assert bindings_from(report.document) == {"m": binding}


def test_without_a_word_about_no_data_a_binding_does_as_its_provider():
    _, binding = binding_of("m=error_ratio,arm=canary")
    assert [binding.query(60, provider).idle for provider in ("prometheus", "datadog", "")] == [
        NoData.NAN,
        NoData.EMPTY,
        NoData.EMPTY,
    ]
    assert binding.query(None, "prometheus") is None


def test_the_example_is_right():
    assert binding_of(EXAMPLE)[1].query(None, "") is not None


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("m", '--bind "m" does not say which metric is what', f"write {EXAMPLE}"),
        ("=error_ratio", '--bind "=error_ratio" does not say which metric is what', f"write {EXAMPLE}"),
        ("m=error_rate,arm=canary", '--bind m: unknown measures "error_rate"', 'did you mean "error_ratio"?'),
        ("m=error_ratio", '--bind m: m has no "arm"', "add arm: canary"),
        ("m=error_ratio,arm=canary,windw=1m", '--bind m: unknown key "windw"', 'did you mean "window"?'),
        ("m=error_ratio,arm=canary,arm=both", "--bind m: arm is said twice", "keep one of them"),
        ("m=error_ratio,arm=canary,window=1", "--bind m: 1 has no unit", "write 1m for minutes, 1s for seconds"),
        ("m=latency_p99,arm=canary,unit=percent", "--bind m: percent is no unit of latency_p99", "write s or ms"),
    ],
)
def test_a_wrong_option_is_told_with_what_to_write(text, message, help):
    with pytest.raises(UsageError) as told:
        binding_of(text)
    assert (str(told.value), told.value.help) == (message, help)
