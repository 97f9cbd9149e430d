"""From files to values: the printed examples of the language, defaults, wrong kinds."""

import hashlib
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from canary_runner.loading import check_file, load_policy, load_scenarios, load_service
from canary_runner.model.diagnostics import InputError, UsageError
from canary_runner.model.policy import (
    ConsecutiveFailures,
    ErrorCheck,
    FailuresOfLast,
    LatencyCheck,
    Micros,
    OnInconclusive,
    Points,
    Policy,
    Ratio,
    Stage,
    TotalFailures,
    Unchecked,
    Window,
    WindowKind,
)
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, Scenario
from canary_runner.model.service import Arrivals, Latency, Service

CASES = Path(__file__).parent / "cases"
HEAD = "schema: canary-runner/policy/v1\nname: p\n"


@pytest.fixture
def write(tmp_path):
    def written(text: str) -> str:
        path = tmp_path / "f.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return written


def test_the_policy_of_the_language():
    loaded = load_policy(str(CASES / "policy.base"))
    canary, quarter, half, full = loaded.value.stages
    error_rate = ErrorCheck("error_rate", Fraction(1, 100), Points(Fraction(1, 200)))
    p99 = LatencyCheck("latency_p99", Fraction(99, 100), 500_000, None, Fraction(99, 100))
    p95 = LatencyCheck("latency_p95", Fraction(19, 20), None, Ratio(Fraction(6, 5)))
    assert canary == Stage(
        name="canary",
        traffic=Fraction(1, 10),
        duration_s=600,
        check_every_s=120,
        window=Window(WindowKind.SINCE_LAST_CHECK),
        min_canary_requests=300,
        rollback_after=ConsecutiveFailures(2),
        on_inconclusive=OnInconclusive.EXTEND,
        wait_for_approval=False,
        checks=(error_rate, p99, p95),
        unchecked=(),
    )
    assert quarter.checks == full.checks == canary.checks
    stricter = ErrorCheck("error_rate", Fraction(8, 1000), Points(Fraction(3, 1000)))
    assert half.checks == (stricter, p99, p95)  # replaced whole, in its place
    assert [stage.traffic for stage in loaded.value.stages] == [Fraction(n, 100) for n in (10, 25, 50, 100)]
    assert loaded.document.sha256 == hashlib.sha256((CASES / "policy.base").read_bytes()).hexdigest()


def test_what_a_short_policy_leaves_open(write):
    text = (
        HEAD
        + """
stages:
  - name: all
    traffic_percent: 0.5
    duration: 1h
    then: wait_for_approval
    checks: [{metric: error_rate, max_over_baseline: 2x}, {metric: latency_p99.9, unchecked: "batch"}]
"""
    )
    assert load_policy(write(text)).value == Policy(
        name="p",
        description="",
        stages=(
            Stage(
                name="all",
                traffic=Fraction(1, 200),
                duration_s=3_600,
                check_every_s=3_600,
                window=Window(WindowKind.SINCE_LAST_CHECK),
                min_canary_requests=1,
                rollback_after=ConsecutiveFailures(1),
                on_inconclusive=OnInconclusive.PAUSE,
                wait_for_approval=True,
                checks=(ErrorCheck("error_rate", None, Ratio(Fraction(2))),),
                unchecked=(Unchecked("latency_p99.9", "batch"),),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("window: stage", "window", Window(WindowKind.STAGE)),
        ("window: rollout", "window", Window(WindowKind.ROLLOUT)),
        ("window: 4m", "window", Window(WindowKind.SLIDING, 240)),
        ("rollback_after: {total_failures: 3}", "rollback_after", TotalFailures(3)),
        ("rollback_after: {failures: 3, of_last: 5}", "rollback_after", FailuresOfLast(3, 5)),
        ("on_inconclusive: rollback", "on_inconclusive", OnInconclusive.ROLL_BACK),
        ("on_inconclusive: promote", "on_inconclusive", OnInconclusive.PROMOTE),
        ("then: advance", "wait_for_approval", False),
        ("min_canary_requests: 1e3", "min_canary_requests", 1000),
    ],
)
def test_a_stage_says(write, line, field, value):
    text = (
        HEAD
        + f"""
defaults:
  duration: 10m
  check_every: 2m
  checks: [{{metric: error_rate, max: 1%}}, {{metric: latency_p99, max: 1s}}]
stages:
  - name: one
    traffic_percent: 5
    {line}
"""
    )
    assert getattr(load_policy(write(text)).value.stages[0], field) == value


def test_a_stage_may_decline_what_the_defaults_check(write):
    text = (
        HEAD
        + """
defaults:
  duration: 10m
  checks: [{metric: error_rate, max: 1%}, {metric: latency_p99, max_over_baseline: +50ms}]
stages:
  - {name: one, traffic_percent: 5}
  - {name: all, traffic_percent: 100, checks: [{metric: latency_p99, unchecked: "no baseline"}]}
"""
    )
    one, everything = load_policy(write(text)).value.stages
    assert one.checks[1] == LatencyCheck("latency_p99", Fraction(99, 100), None, Micros(50_000))
    assert everything.unchecked == (Unchecked("latency_p99", "no baseline"),)
    assert [check.metric for check in everything.checks] == ["error_rate"]


def test_the_service_of_the_language():
    assert load_service(str(CASES / "service.base")).value == Service(
        name="checkout",
        rate_rps=Fraction(120),
        arrivals=Arrivals.POISSON,
        daily_swing=Fraction(2, 5),
        error_rate=Fraction(1, 500),
        latency=Latency(80_000, 320_000),
        burstiness=Fraction(0),
    )


def test_the_scenarios_of_the_language():
    scenarios = load_scenarios(str(CASES / "test.base"))
    assert list(scenarios) == ["bad-deploy", "slow-leak", "slow-path", "only-under-load", "noisy-neighbour"]
    assert scenarios["slow-leak"] == Scenario(
        "slow-leak",
        canary=Effect(ErrorRateEffect(Change.ADD, Fraction(1, 100)), starting_after_s=720, ramp_over_s=600),
    )


def test_a_file_of_scenarios(write):
    path = write("schema: canary-runner/scenarios/v1\nscenarios: {mild: {summary: s, canary: {error_rate: 2x}}}\n")
    effect = Effect(ErrorRateEffect(Change.MULTIPLY, Fraction(2)))
    assert load_scenarios(path) == {"mild": Scenario("mild", "s", canary=effect)}


@pytest.mark.parametrize(
    ("load", "wanted", "kind", "used"),
    [
        (load_policy, "policy", "service", "a service is given with --service"),
        (load_policy, "policy", "test", "a test is given to canary-run test"),
        (load_service, "service", "policy", "a policy stands without an option: canary-run FILE"),
    ],
)
def test_a_file_of_another_kind(load, wanted, kind, used):
    with pytest.raises(InputError) as caught:
        load(str(CASES / f"{kind}.base"))
    (finding,) = caught.value.reports[0].diagnostics
    message = f"this is a {kind} file, and a {wanted} file is wanted"
    help = f'a {wanted} begins with "schema: canary-runner/{wanted}/v1"; {used}'
    assert (finding.rule, finding.message, finding.help) == ("wrong-kind", message, help)


def test_scenarios_may_stand_in_a_test_too():
    with pytest.raises(InputError) as caught:
        load_scenarios(str(CASES / "service.base"))
    (finding,) = caught.value.reports[0].diagnostics
    assert finding.message == "this is a service file, and a scenarios or test file is wanted"


def test_a_file_without_its_kind_is_read_as_what_is_wanted(write):
    with pytest.raises(InputError) as caught:
        load_service(write("name: a/b\n"))
    assert [finding.rule for finding in caught.value.reports[0].diagnostics].count("missing-key") == 3
    assert "bad-name" in [finding.rule for finding in caught.value.reports[0].diagnostics]


def test_all_findings_are_raised_at_once(write):
    with pytest.raises(InputError) as caught:
        load_policy(write((CASES / "policy.base").read_text().replace("1% ", "1 ").replace("500ms", "500")))
    assert [finding.rule for finding in caught.value.reports[0].diagnostics] == ["unit-missing"] * 2


def test_what_cannot_be_read_is_no_finding():
    with pytest.raises(UsageError):
        check_file("no/such.yaml")


@pytest.mark.slow
def test_loading_imports_no_heavy_library():
    code = f"""
import sys
from canary_runner.loading import check_file
early = {{"yaml", "jsonschema", "difflib"}} & set(sys.modules)
assert not early, early
assert check_file({str(CASES / "policy.base")!r}).is_valid
heavy = {{"numpy", "rich", "scipy", "click", "importlib.metadata"}} & set(sys.modules)
print(sorted(heavy))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
