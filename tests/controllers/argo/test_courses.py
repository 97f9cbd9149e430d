"""Pods that take their time: against single pods with ages, looked at every second."""

from fractions import Fraction as F

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_runner.controllers.argo.canary_machine import CanaryMachine
from canary_runner.controllers.argo.courses import MOST_MOMENTS, TooManyMomentsError, courses_of, drain_of
from canary_runner.controllers.argo.metric import Metric
from canary_runner.controllers.argo.phases import Phase
from canary_runner.controllers.argo.questions import LETTERS
from canary_runner.controllers.argo.replicas import Pods, limits, next_basic, target
from canary_runner.controllers.argo.spec import Analyse, Analysis, CanarySpec, Measured, Pause, SetWeight
from canary_runner.model.outcomes import State
from canary_runner.model.plan import Approval
from canary_runner.model.query import Measures, Query, Sees

READY_S = 3


class Cluster:
    """Two sets of pods; a pod is the second at which it is ready."""

    def __init__(self, spec):
        self.spec, self.now_s = spec, 0
        self.canary, self.stable = [], [0] * spec.replicas
        self.bounds = limits(spec.replicas, spec.max_surge, spec.max_unavailable)

    def pods(self, which):
        return Pods(len(which), sum(at_s <= self.now_s for at_s in which))

    def scaled(self, which, count):
        # the youngest are taken away first
        return (sorted(which) + [self.now_s + READY_S] * max(0, count - len(which)))[:count]

    def share(self):
        canary, stable = self.pods(self.canary).available, self.pods(self.stable).available
        return F(canary, canary + stable) if canary + stable else F(0)

    def second(self, weight):
        """Reconcile until nothing changes; return the share of the second that follows."""
        wanted = target(self.spec.replicas, weight, 100, self.bounds.surge)
        while True:
            before = (len(self.canary), len(self.stable))
            canary, stable = next_basic(
                self.spec.replicas, wanted, self.bounds, self.pods(self.canary), self.pods(self.stable)
            )
            self.canary = self.canary if stable != before[1] else self.scaled(self.canary, canary)
            self.stable = self.scaled(self.stable, stable)
            if before == (len(self.canary), len(self.stable)):
                share = self.share()
                self.now_s += 1
                return share

    def until_settled(self, weight):
        shares = [self.second(weight)]
        while not self.was_settled():
            shares.append(self.second(weight))
        return shares

    def was_settled(self):
        return all(at_s <= self.now_s - 1 for one in (self.canary, self.stable) for at_s in one)


SPECS = st.builds(
    CanarySpec,
    st.lists(st.builds(SetWeight, st.integers(0, 100)), min_size=1, max_size=3).map(tuple),
    replicas=st.integers(1, 12),
    max_surge=st.sampled_from([1, 2, "25%", "50%", 0]),
    max_unavailable=st.sampled_from([1, 2, "25%"]),
    ready_s=st.just(READY_S),
)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(SPECS)
def test_shares_on_the_way_are_those_of_single_pods(spec):
    """300 examples, derandomised; equal fractions, second by second."""
    cluster = Cluster(spec)
    for step, course in zip([*spec.steps, SetWeight(100)], courses_of(spec), strict=True):
        expected = cluster.until_settled(step.weight)
        found = [moment.share for moment in course[:-1] for _ in range(READY_S)] + [course[-1].share]
        assert found == expected


@settings(max_examples=300, derandomize=True, deadline=None)
@given(SPECS, st.data())
def test_shares_after_an_abort_are_those_of_single_pods(spec, data):
    """An abort at any moment of any course; 300 examples, derandomised."""
    courses = courses_of(spec)
    step = data.draw(st.integers(0, len(courses) - 1))
    number = data.draw(st.integers(0, len(courses[step]) - 1))
    moment, cluster = courses[step][number], Cluster(spec)
    cluster.canary = [0] * moment.canary.available + [READY_S] * (moment.canary.desired - moment.canary.available)
    cluster.stable = [0] * moment.stable.available + [READY_S] * (moment.stable.desired - moment.stable.available)
    if moment.share == 0:
        assert drain_of(spec, moment) == ()
        return
    shares = cluster.until_settled(0)
    found = [share for share in drain_of(spec, moment) for _ in range(READY_S)]
    assert found == shares[: len(found)]
    assert not any(shares[len(found) :])


def timeline(spec, phases=()):
    """Return when which share began, and when the canary served nobody, or everybody, and why."""
    machine, left = CanaryMachine(spec, Approval()), list(phases)
    state, now_s, found = machine.start(), 0, []
    while True:
        standing = machine.standing(state)
        share = machine.segments[standing.segment].traffic
        look = machine.look(state)
        if look is None:
            drain = machine.segments[standing.segment].drain if standing.state is BACK else ()
            return [*found, (now_s + sum(length_s for _, length_s in drain), standing.state)]
        if not found or found[-1][1] != share:
            found.append((now_s, share))
        now_s += look.after_s
        state = machine.advance(state, tuple(LETTERS.index(left.pop(0)) for _ in look.asks))


QUERY = Query(Measures.ERROR_RATIO, 60, Sees.CANARY)
GATE = Analyse(Analysis((Measured(Metric("m", "result[0] < 1", interval="1m", count=2), QUERY),)))
BACK, DONE = State.ROLLED_BACK, State.COMPLETED


@pytest.mark.parametrize(
    ("spec", "phases", "told"),
    [
        pytest.param(
            CanarySpec((SetWeight(10), Pause(60)), is_routed=True, replicas=10, ready_s=30),
            [], [(0, 0), (30, F(1, 10)), (120, DONE)], id="a router waits for pods, at the end too",
        ),
        pytest.param(
            CanarySpec((SetWeight(10), Pause(60), SetWeight(5), Pause(60)), is_routed=True, replicas=10, ready_s=30),
            [], [(0, 0), (30, F(1, 10)), (90, F(1, 20)), (180, DONE)], id="a falling weight waits for nobody",
        ),
        pytest.param(
            CanarySpec((SetWeight(50), GATE), is_routed=True, replicas=10, ready_s=30),
            [Phase.FAILED], [(0, 0), (30, F(1, 2)), (30, BACK)], id="a router that keeps all pods is back at once",
        ),
        pytest.param(
            CanarySpec((SetWeight(50), GATE), is_routed=True, replicas=10, ready_s=30, is_dynamic=True),
            [Phase.FAILED], [(0, 0), (30, F(1, 2)), (60, BACK)], id="dynamicStableScale waits for the stable pods",
        ),
        pytest.param(
            CanarySpec((SetWeight(50), GATE), replicas=2, max_surge=1, max_unavailable=0, ready_s=30),
            [Phase.FAILED], [(0, 0), (30, F(1, 2)), (60, BACK)], id="pods without a router come back in waves",
        ),
        pytest.param(
            CanarySpec((SetWeight(50), GATE), replicas=2, max_surge=1, max_unavailable=0),
            [Phase.FAILED], [(0, F(1, 2)), (0, BACK)], id="pods that are ready at once are back at once",
        ),
    ],
)  # fmt: skip
def test_when_which_share_is_reached(spec, phases, told):
    assert timeline(spec, phases) == told


def test_a_segment_says_what_follows_an_abort_in_it():
    """Of eight pods two more may run: four serve for 30 s until two stable ones are up, then two for as long."""
    spec = CanarySpec((SetWeight(50), GATE), replicas=8, max_surge=2, max_unavailable=0, ready_s=30)
    segments = CanaryMachine(spec, Approval()).segments
    assert len({segment.name for segment in segments}) == len(segments)
    drains = {segment.traffic: segment.drain for segment in segments if segment.traffic <= F(1, 2)}
    assert drains == {F(0): (), F(1, 4): ((F(1, 4), 30),), F(1, 2): ((F(1, 2), 30), (F(1, 4), 30))}


def test_without_an_analysis_nothing_comes_back():
    machine = CanaryMachine(CanarySpec((SetWeight(50), Pause(60)), replicas=8, max_surge=2, ready_s=30), Approval())
    assert {segment.drain for segment in machine.segments} == {()}


def test_more_shares_than_are_run_are_refused():
    spec = CanarySpec((SetWeight(90),), replicas=1000, max_surge=1, max_unavailable=0, ready_s=30)
    with pytest.raises(TooManyMomentsError):
        courses_of(spec)
    assert len(courses_of(CanarySpec((SetWeight(90),), replicas=1000, max_surge=1, max_unavailable=0))) == 2
    assert MOST_MOMENTS == 200
