"""Results made by hand: small, with every kind of ending, window and hole in them."""

from dataclasses import replace
from fractions import Fraction

from canary_runner.model.diagnostics import Diagnostic, Document, FileReport, Related, Severity, Span
from canary_runner.model.outcomes import Decision, Outcome, State
from canary_runner.model.policy import OnInconclusive, Policy
from canary_runner.model.results import (
    Analysis,
    ArmMetrics,
    Evidence,
    Exposure,
    Reason,
    RunInputs,
    RunResult,
    StageResult,
    Transition,
)
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect, Scenario
from canary_runner.model.service import GENERIC_WEB
from tests.builders import stage

STAGES = tuple(
    stage(name, percent, min_canary_requests=300, on_inconclusive=OnInconclusive.EXTEND)
    for name, percent in (("canary", 10), ("half", 50), ("full", 100))
)
POLICY = Policy("standard", "Default for HTTP services.", STAGES)
HEALTHY = Scenario("healthy")
BAD_DEPLOY = Scenario(
    "bad-deploy", canary=Effect(error_rate=ErrorRateEffect(Change.ADD, Fraction(2, 100)), starting_after_s=90)
)
EMPTY = ArmMetrics(0, 0, None, None, None)
START = Transition(0, State.PENDING, State.PROGRESSING, "canary", Fraction(1, 10), "started")


def inputs(scenario=HEALTHY):
    return RunInputs(
        POLICY, "policies/standard.yaml", "ab" * 32, GENERIC_WEB, None, None, True, scenario, 1, 0, 8 * 3600, None
    )


def arm(requests, errors, p99_us=402_000):
    return ArmMetrics(requests, errors, 80_200, 251_000, p99_us)


def analysis(at_s, number, canary, outcome=Outcome.PASS, counter="0 of 2 failures in a row", decision=Decision.HOLD):
    observed = Fraction(canary.errors, canary.requests) if canary.requests else None
    return Analysis(
        at_s=at_s,
        stage="canary",
        number=number,
        state=State.PROGRESSING,
        window_s=120,
        canary=canary,
        baseline=arm(10_800, 11, 410_000),
        outcomes=(("error_rate", outcome), ("latency_p99", Outcome.PASS if canary.requests else outcome)),
        evidence=(Evidence("error_rate", "max", outcome, observed, Fraction(1, 100), "ratio"),),
        failures=(("error_rate", counter), ("latency_p99", "0 of 2 failures in a row")),
        decision=decision,
        reason="the stage is not over",
    )


def rolled_back(scenario=BAD_DEPLOY):
    canary, baseline = arm(3_597, 62), arm(32_400, 33)
    failed = Outcome.FAIL
    return RunResult(
        final_state=State.ROLLED_BACK,
        stages_completed=0,
        canary=canary,
        baseline=baseline,
        exposure=Exposure(3_597, Fraction(4_796, 100), Fraction(1, 10)),
        reason=Reason(
            "tolerance_exceeded", "canary", "error_rate", Fraction(29, 1_201), Fraction(1, 100), "ratio",
            "2 of 2 failures in a row", "tolerance exceeded: error_rate 2.41% > max 1%, 2 of 2 failures in a row",
        ),
        simulated_duration_s=360,
        stages=(StageResult("canary", Fraction(1, 10), "ROLLED_BACK", 0, 360, 3, 2, canary, baseline),),
        stages_total=3,
        transitions=(
            START,
            Transition(360, State.PROGRESSING, State.ROLLED_BACK, "canary", Fraction(0), "tolerance exceeded"),
        ),
        analyses=(
            analysis(120, 1, arm(1_187, 4)),
            analysis(240, 2, arm(1_209, 29), failed, "1 of 2 failures in a row"),
            analysis(360, 3, arm(1_201, 29), failed, "2 of 2 failures in a row", Decision.ROLL_BACK),
        ),
        inputs=inputs(scenario),
    )  # fmt: skip


def completed():
    canary, baseline = arm(110_871, 108), arm(129_104, 131)
    third, two_thirds = arm(36_957, 36), arm(40_000, 40)
    names = (("canary", 10, third, two_thirds), ("half", 50, third, two_thirds), ("full", 100, third, EMPTY))
    return RunResult(
        final_state=State.COMPLETED,
        stages_completed=3,
        canary=canary,
        baseline=baseline,
        exposure=Exposure(110_871, Fraction(0), Fraction(1)),
        reason=None,
        simulated_duration_s=1_800,
        stages=tuple(
            StageResult(
                name, Fraction(percent, 100), "COMPLETED" if percent == 100 else "ADVANCED",
                600 * index, 600 * index + 600, 5, 0, new, old,
            )
            for index, (name, percent, new, old) in enumerate(names)
        ),
        stages_total=3,
        transitions=(
            START,
            Transition(600, State.PROGRESSING, State.PROGRESSING, "half", Fraction(1, 2), "completed after 10m"),
            Transition(1_200, State.PROGRESSING, State.PROGRESSING, "full", Fraction(1), "completed after 10m"),
            Transition(1_800, State.PROGRESSING, State.COMPLETED, None, Fraction(1), "completed after 10m"),
        ),
        analyses=tuple(analysis(120 * n, n, arm(1_200, 1)) for n in range(1, 6)),
        inputs=inputs(),
    )  # fmt: skip


def paused_without_data():
    silent = replace(
        analysis(600, 5, EMPTY, Outcome.INCONCLUSIVE, decision=Decision.PAUSE), reason="inconclusive: error_rate"
    )
    return RunResult(
        final_state=State.PAUSED,
        stages_completed=0,
        canary=EMPTY,
        baseline=arm(54_000, 54),
        exposure=Exposure(6_000, Fraction(1, 3), Fraction(1, 10)),
        reason=Reason("inconclusive", "canary", None, None, None, None, None, "inconclusive: no requests reported"),
        simulated_duration_s=600,
        stages=(StageResult("canary", Fraction(1, 10), "PAUSED", 0, 600, 5, 0, EMPTY, arm(54_000, 54)),),
        stages_total=3,
        transitions=(
            START,
            Transition(600, State.PROGRESSING, State.PAUSED, "canary", Fraction(1, 10), "inconclusive"),
        ),
        analyses=(silent,),
        inputs=inputs(),
    )  # fmt: skip


RESULTS = {"rolled-back": rolled_back, "completed": completed, "paused": paused_without_data}


def document(*lines, name="policies/fast.yaml", values=None, keys=None):
    return Document(name, lines, None, values or {}, keys or {}, "cd" * 32)


def broken_report():
    """Two findings: one with a second place on another line, one on a key."""
    text = document(
        "stages:",
        "  - {name: canary,  traffic_percent: 25}",
        "  - {name: quarter, traffic_percent: 25}",
        "defualts: {}",
        values={
            (): Span(1, 1, 5, 1),
            ("stages", 0, "traffic_percent"): Span(2, 38, 2, 40),
            ("stages", 1, "traffic_percent"): Span(3, 38, 3, 40),
        },
        keys={("defualts",): Span(4, 1, 4, 9)},
    )
    return FileReport(
        text,
        (
            Diagnostic(
                "not-increasing",
                Severity.ERROR,
                ("stages", 1, "traffic_percent"),
                "traffic must grow from stage to stage: 25 after 25",
                "raise this stage, or merge it with the one before",
                related=(Related(("stages", 0, "traffic_percent"), "this stage has 25"),),
            ),
            Diagnostic(
                "unknown-key", Severity.ERROR, ("defualts",), 'unknown key "defualts"',
                'did you mean "defaults"?', on_key=True,
            ),
        ),
    )  # fmt: skip


def valid_report(name="policies/good.yaml"):
    return FileReport(document("name: good", name=name))
