"""Laws of metrics and runs that hold for every metric and every history."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_runner.controllers.argo.durations import pause_seconds, seconds
from canary_runner.controllers.argo.measurement import Judged
from canary_runner.controllers.argo.metric import Counters, Metric, assess, counted, remembered
from canary_runner.controllers.argo.phases import Phase
from canary_runner.controllers.argo.run import RunSpec, next_at_s, settled, start
from canary_runner.controllers.argo.validation import refuse_metrics

MEASURED = st.sampled_from([Phase.SUCCESSFUL, Phase.FAILED, Phase.INCONCLUSIVE, Phase.ERROR])
METRICS = st.builds(
    Metric,
    name=st.just("m"),
    interval=st.sampled_from(["10s", "1m"]),
    initial_delay=st.sampled_from(["", "30s"]),
    count=st.integers(0, 6),
    failure_limit=st.integers(-1, 3),
    inconclusive_limit=st.integers(0, 3),
    consecutive_error_limit=st.integers(0, 4),
    consecutive_success_limit=st.integers(0, 3),
).filter(lambda m: refuse_metrics([m]) is None)


def played(spec, history, until_s=3600):
    """Run to the end, measurement number i of every metric being history[i]; return the state and the times."""
    taken = [[] for _ in spec.metrics]
    now = Fraction(0)

    def measure(index):
        taken[index].append(now)
        return Judged(history[min(len(taken[index]), len(history)) - 1])

    state = settled(spec, start(spec), now, measure)
    while (due := next_at_s(spec, state)) is not None and due <= until_s:
        now = due
        state = settled(spec, state, now, measure)
    return state, taken


@settings(max_examples=150, derandomize=True)
@given(METRICS, st.lists(MEASURED, min_size=1, max_size=12))
def test_a_run_of_one_metric_ends_as_its_counters_say_and_measures_no_more(metric, history):
    state, (times,) = played(RunSpec((metric,)), history)
    counters = Counters()
    for number in range(len(times)):
        assert assess(metric, counters, history[min(number, len(history)) - 1] if number else None) in (
            Phase.RUNNING,
            Phase.PENDING,
        )
        counters = counted(counters, history[min(number, len(history) - 1)])
    assert state.metrics[0].counters == counters
    assert state.phase is state.metrics[0].phase
    assert times[0] == metric.initial_delay_s
    gaps = [later - before for before, later in pairwise(times)]
    after_error = [history[min(i, len(history) - 1)] is Phase.ERROR for i in range(len(gaps))]
    assert gaps == [10 if error else metric.interval_s for error in after_error]


@settings(max_examples=150, derandomize=True)
@given(METRICS, st.lists(MEASURED, max_size=12), st.booleans())
def test_what_is_not_remembered_never_matters(metric, history, ending):
    whole = kept = Counters()
    for phase in history:
        whole, kept = counted(whole, phase), remembered(metric, counted(kept, phase))
        assert kept == remembered(metric, whole)
        assert assess(metric, kept, phase, ending) is assess(metric, whole, phase, ending)


def test_an_endless_metric_has_few_states():
    metric, states = Metric("m", interval="1m", failure_limit=3), {Counters()}
    queue = list(states)
    for counters in queue:
        for phase in (Phase.SUCCESSFUL, Phase.FAILED, Phase.INCONCLUSIVE, Phase.ERROR):
            after = remembered(metric, counted(counters, phase))
            if not assess(metric, after, phase).is_completed and after not in states:
                states.add(after)
                queue.append(after)
    assert len(states) == (3 + 1) * (4 + 1)  # failures by errors in a row


@settings(max_examples=100, derandomize=True)
@given(METRICS, st.lists(MEASURED, min_size=1, max_size=8))
def test_a_metric_in_dry_run_never_ends_nor_spoils_a_run(metric, history):
    good = Metric("good", interval="1m", count=5)
    alone, _ = played(RunSpec((good,)), [Phase.SUCCESSFUL])
    spec = RunSpec((good, replace(metric, count=metric.count or 1, name="looks on")), ("looks",))
    if refuse_metrics(spec.metrics) is not None:
        return
    state, _ = played(spec, [Phase.SUCCESSFUL], until_s=10_000)
    assert state.phase is alone.phase is Phase.SUCCESSFUL
    only, _ = played(RunSpec((spec.metrics[1],), ("looks",)), history, until_s=10_000)
    assert only.phase in (Phase.SUCCESSFUL, Phase.RUNNING)


def test_a_rule_of_dry_run_that_matches_no_metric_is_an_error_before_any_measurement():
    state, (times,) = played(RunSpec((Metric("m"),), ("*",)), [Phase.SUCCESSFUL])
    assert (state.phase, times) == (Phase.ERROR, [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1h30m", 5400), ("1.5m", 90), ("500ms", Fraction(1, 2)), ("0", 0), ("-5s", -5), ("60", None), ("1d", None),
     ("", None), ("5 s", None), ("s", None), (".5s", Fraction(1, 2)), ("9999999h", None), ("9" * 9999 + "s", None)],
)  # fmt: skip
def test_durations_as_go_reads_them(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, None), (30, 30), ("30", 30), ("1h30m", 5400), ("5x", -1), ("1d", -1), ("1.9s", 1), ("9" * 9999, -1)],
)
def test_durations_of_a_pause(given, expected):
    assert pause_seconds(given) == expected
