"""What a run says of itself is true: its parts agree with each other, with the policy and with the scenario.

Every law is asked of all the runs in `runs.py`. Their seeds are fixed, so nothing here fails by luck.
"""

from dataclasses import replace
from fractions import Fraction as F
from itertools import pairwise

import pytest

from canary_runner.model.outcomes import Decision, Outcome, State
from canary_runner.model.policy import LatencyCheck, WindowKind
from tests.builders import told
from tests.engines.runs import CASES, SEEDS, runs

all_runs = pytest.mark.parametrize("case", CASES)


def stage_named(plan, name):
    return next(stage for stage in plan.stages if stage.name == name)


def check_of(plan, stage, metric):
    return next(check for check in stage_named(plan, stage).checks if check.metric == metric)


def test_the_runs_end_in_every_way_and_for_every_reason():
    """The laws below are asked of all kinds of runs, or they would say little."""
    seen = [result for case in CASES for _, result in runs(case)]
    assert {(result.final_state, result.reason and result.reason.kind) for result in seen} == {
        (State.COMPLETED, None),
        (State.ROLLED_BACK, "tolerance_exceeded"),
        (State.ROLLED_BACK, "inconclusive"),
        (State.PAUSED, "inconclusive"),
        (State.PAUSED, "gate"),
        (State.PAUSED, "held"),
    }
    assert {a.state for result in seen for a in result.analyses} == {State.PROGRESSING, State.PAUSED}
    assert {a.decision for result in seen for a in result.analyses} == set(Decision)
    evidence = [e for result in seen for a in result.analyses for e in a.evidence]
    assert {e.unit for e in evidence} == {"ratio", "ratio_difference", "ms", "factor"}
    assert {(e.limit_kind, e.outcome) for e in evidence} == {
        (kind, outcome) for kind in ("max", "max_over_baseline") for outcome in Outcome
    }


@all_runs
def test_transitions_are_a_chain_from_pending_to_the_final_state(case):
    for plan, result in runs(case):
        first, last = result.transitions[0], result.transitions[-1]
        assert (first.at_s, first.source, first.target) == (0, State.PENDING, State.PROGRESSING)
        assert (last.at_s, last.target) == (result.simulated_duration_s, result.final_state)
        for before, after in pairwise(result.transitions):
            assert before.target is after.source
            assert before.at_s <= after.at_s
        for one in result.transitions:
            ends = {State.ROLLED_BACK: F(0), State.COMPLETED: F(1)}
            assert one.traffic == ends.get(one.target, stage_named(plan, one.stage).traffic)


@all_runs
def test_stages_completed_are_those_that_transitions_leave_behind(case):
    for _, result in runs(case):
        completed = {one.stage for one in result.transitions if one.reason == "waits for approval"}
        for before, after in pairwise(result.transitions):
            if after.target in (State.PROGRESSING, State.COMPLETED):
                completed.add(before.stage)
        assert result.stages_completed == len(completed)
        assert result.rollback_triggered == (result.final_state is State.ROLLED_BACK)
        if result.final_state is State.COMPLETED:
            assert result.stages_completed == result.stages_total == len(result.stages)


@all_runs
def test_stages_tile_the_rollout_and_add_up_to_it(case):
    for plan, result in runs(case):
        stages = result.stages
        assert [(s.name, s.traffic) for s in stages] == [(s.name, s.traffic) for s in plan.stages[: len(stages)]]
        assert stages[0].started_at_s == 0
        assert stages[-1].ended_at_s == result.simulated_duration_s
        assert all(a.ended_at_s == b.started_at_s for a, b in pairwise(stages))
        assert [s.ending for s in stages] == ["ADVANCED"] * (len(stages) - 1) + [result.final_state.value]
        for arm in ("canary", "baseline"):
            for count in ("requests", "errors"):
                parts = [getattr(getattr(s, arm), count) for s in stages]
                assert sum(parts) == getattr(getattr(result, arm), count)
        for s in stages:
            assert s.baseline.requests == 0 or s.traffic < 1
            assert (s.canary.latency_p50_us is None) == (s.canary.requests == 0)


@all_runs
def test_analyses_follow_their_stage_in_its_rhythm(case):
    for plan, result in runs(case):
        for stage in result.stages:
            rhythm = stage_named(plan, stage.name).check_every_s
            inside = [a for a in result.analyses if a.stage == stage.name]
            assert [a.number for a in inside] == list(range(1, stage.analyses + 1))
            assert [a.at_s for a in inside] == [stage.started_at_s + a.number * rhythm for a in inside]
            assert 0 <= stage.ended_at_s - inside[-1].at_s < rhythm  # an approval may come between two of them
            failed = [a for a in inside if Outcome.FAIL in dict(a.outcomes).values()]
            assert stage.failures == len(failed)
        assert sum(stage.analyses for stage in result.stages) == len(result.analyses)


@all_runs
def test_a_window_reads_what_its_kind_says(case):
    for plan, result in runs(case):
        before = None
        for a in result.analyses:
            stage = stage_named(plan, a.stage)
            kind = plan.policy.stages[stage.index].window.kind
            lengths = {
                WindowKind.SINCE_LAST_CHECK: stage.check_every_s,
                WindowKind.SLIDING: min(a.number, stage.window_analyses or 0) * stage.check_every_s,
                WindowKind.STAGE: a.number * stage.check_every_s,
                WindowKind.ROLLOUT: a.at_s,
            }
            assert a.window_s == lengths[kind]
            if before and before.stage == a.stage and kind in (WindowKind.STAGE, WindowKind.ROLLOUT):
                assert a.canary.requests >= before.canary.requests
                assert a.canary.errors >= before.canary.errors
            before = a
        for stage in result.stages:
            inside = [a for a in result.analyses if a.stage == stage.name]
            kind = plan.policy.stages[stage_named(plan, stage.name).index].window.kind
            if stage.ended_at_s != inside[-1].at_s:
                continue  # what came after the last analysis is in no window
            if kind is WindowKind.SINCE_LAST_CHECK:
                assert sum(a.canary.requests for a in inside) == stage.canary.requests
                assert sum(a.baseline.errors for a in inside) == stage.baseline.errors
            if kind is WindowKind.STAGE:
                assert (inside[-1].canary, inside[-1].baseline) == (stage.canary, stage.baseline)


@all_runs
def test_evidence_combines_to_the_outcome_of_its_check(case):
    for plan, result in runs(case):
        for a in result.analyses:
            outcomes = dict(a.outcomes)
            assert list(outcomes) == [check.metric for check in stage_named(plan, a.stage).checks]
            for metric, outcome in outcomes.items():
                of_limits = {e.outcome for e in a.evidence if e.check == metric}
                order = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)
                assert outcome is next(o for o in order if o in of_limits)


@all_runs
def test_what_is_observed_agrees_with_the_outcome(case):
    """Percentiles are drawn after the decision: given the counts that decided, they can only agree with it."""
    for plan, result in runs(case):
        for a in result.analyses:
            minimum = stage_named(plan, a.stage).min_canary_requests
            for e in a.evidence:
                check = check_of(plan, a.stage, e.check)
                is_readable = a.canary.requests >= minimum
                if e.limit_kind == "max_over_baseline":
                    is_readable &= a.baseline.requests >= minimum
                assert (e.outcome is Outcome.INCONCLUSIVE) == (not is_readable)
                if is_readable and e.observed is not None:
                    exceeds = e.observed > e.limit
                    assert exceeds or e.outcome is Outcome.PASS  # evidence for more than is seen there is none
                    if check.confidence is None:
                        assert exceeds == (e.outcome is Outcome.FAIL)
                if isinstance(check, LatencyCheck) and e.limit_kind == "max":
                    assert e.limit == F(check.max_us, 1000)
                    shown = {F(1, 2): "latency_p50_us", F(95, 100): "latency_p95_us", F(99, 100): "latency_p99_us"}
                    reading = getattr(a.canary, shown[check.quantile])
                    assert e.observed == (None if reading is None else F(reading, 1000))
                if e.check == "error_rate" and e.limit_kind == "max" and is_readable:
                    assert e.observed == F(a.canary.errors, a.canary.requests)


@all_runs
def test_the_reason_is_the_last_analysis(case):
    for plan, result in runs(case):
        reason, last = result.reason, result.analyses[-1]
        if result.final_state is State.COMPLETED:
            assert reason is None
            continue
        assert reason.stage == last.stage == result.stages[-1].name
        expected = {
            State.ROLLED_BACK: ("tolerance_exceeded", "inconclusive"), State.PAUSED: ("gate", "inconclusive", "held")
        }  # fmt: skip
        assert reason.kind in expected[result.final_state]
        if reason.kind == "gate":
            assert stage_named(plan, reason.stage).has_gate
            assert reason.check is None
            continue
        assert reason.text == last.reason == result.transitions[-1].reason
        assert reason.failures == dict(last.failures)[reason.check]
        spoken = [e for e in last.evidence if (e.check, e.limit, e.unit) == (reason.check, reason.limit, reason.unit)]
        assert reason.observed in [e.observed for e in spoken]
        if reason.kind == "tolerance_exceeded":
            assert reason.observed > reason.limit
            assert dict(last.outcomes)[reason.check] is Outcome.FAIL
            used, _, limit, *_ = reason.failures.split()
            assert used == limit


@all_runs
def test_exposure_is_what_the_canary_served(case):
    for plan, result in runs(case):
        exposure, reported = result.exposure, result.canary.requests
        if result.final_state is State.COMPLETED:
            assert exposure.peak_traffic == 1
        else:
            assert exposure.peak_traffic == result.stages[-1].traffic
        if plan.scenario.name == "no-metrics":
            served = sum(s.traffic * plan.service.rate_rps * (s.ended_at_s - s.started_at_s) for s in result.stages)
            assert (reported, exposure.canary_requests) == (0, int(served))
        elif plan.scenario.name == "gap":
            assert exposure.canary_requests > reported
        else:
            assert exposure.canary_requests == reported


@pytest.mark.parametrize("policy", ["conservative", "standard", "aggressive"])
@pytest.mark.parametrize(
    ("scenario", "worse"),
    [
        ("healthy", F(0)),
        ("noisy-neighbour", F(0)),  # both arms: not the release's fault
        ("slow-path", F(0)),
        ("cold-start", F(0)),
        ("no-metrics", F(0)),
        ("bad-deploy", F(2, 100)),
        ("crash", F(999, 1000)),
    ],
)
def test_extra_errors_are_the_worsening_times_the_requests(policy, scenario, worse):
    for _, result in runs(f"{policy} {scenario}"):
        assert result.exposure.extra_errors_expected == worse * result.exposure.canary_requests


@pytest.mark.parametrize("policy", ["conservative", "standard", "aggressive"])
def test_extra_errors_where_only_some_of_the_time_is_worse(policy):
    for _, result in runs(f"{policy} only-under-load"):
        worse = sum(s.canary.requests for s in result.stages if s.traffic >= F(1, 2))
        assert result.exposure.extra_errors_expected == worse * F(4, 1000)
    for _, result in runs(f"{policy} slow-leak"):
        late = sum(s.canary.requests for s in result.stages if s.ended_at_s > 600)
        assert 0 <= result.exposure.extra_errors_expected <= late * F(1, 100)


@all_runs
def test_without_a_trace_nothing_but_the_analyses_is_missing(case):
    for (plan, result), seed in list(zip(runs(case), SEEDS, strict=True))[:3]:
        assert told(plan, seed, run=seed * 1000, trace=False) == replace(result, analyses=())
