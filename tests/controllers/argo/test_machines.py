"""Machines of Argo, against a plain clock: every second looks at runs that forget nothing."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_runner.controllers.argo.blue_green_machine import BlueGreenMachine
from canary_runner.controllers.argo.canary import Canary, after_run, pause_step
from canary_runner.controllers.argo.canary_machine import CanaryMachine
from canary_runner.controllers.argo.measurement import Judged
from canary_runner.controllers.argo.metric import Metric
from canary_runner.controllers.argo.phases import Phase
from canary_runner.controllers.argo.questions import LETTERS
from canary_runner.controllers.argo.rollout import Action, Place, Verdict, verdict
from canary_runner.controllers.argo.run import reconcile, start
from canary_runner.controllers.argo.spec import Analyse, Analysis, BlueGreenSpec, CanarySpec, Measured, Pause, SetWeight
from canary_runner.controllers.argo.tracking import run_spec
from canary_runner.model.outcomes import State
from canary_runner.model.plan import Approval
from canary_runner.model.query import Measures, Query, Sees

QUERY = Query(Measures.ERROR_RATIO, 60, Sees.CANARY)
METRICS = st.builds(
    Metric,
    name=st.just("m"),
    success_condition=st.just("result[0] < 1"),
    interval=st.sampled_from(["20s", "30s", "1m"]),
    initial_delay=st.sampled_from(["", "10s", "1m"]),
    count=st.integers(2, 4),
    failure_limit=st.integers(0, 2),
    inconclusive_limit=st.integers(0, 1),
    consecutive_error_limit=st.integers(0, 4),
)
ENDLESS = st.builds(
    Metric, name=st.just("e"), interval=st.sampled_from(["30s", "50s"]), failure_limit=st.integers(0, 3)
)
PHASES = st.lists(st.sampled_from([*[Phase.SUCCESSFUL] * 6, *LETTERS]), min_size=60, max_size=60)
STEPS = st.lists(
    st.one_of(
        st.builds(SetWeight, st.sampled_from([5, 10, 50, 100])),
        st.builds(Pause, st.sampled_from([10, 60, 90])),
        METRICS.map(lambda metric: Analyse(Analysis((Measured(metric, QUERY),)))),
    ),
    max_size=5,
)


class Plain:
    """A canary by the clock, one second after the other."""

    def __init__(self, spec, phases):
        self.spec, self.phases = spec, list(phases)
        self.canary, self.since = Canary(len(spec.steps), current="new", stable="old"), 0
        self.step_run = self.background = None
        self.was_created = False

    def measure(self, _):
        return Judged(self.phases.pop(0) if self.phases else Phase.SUCCESSFUL)

    def looked(self, run, now):
        analysis, state, began = run
        while (after := reconcile(run_spec(analysis), state, Fraction(now - began), self.measure)) != state:
            state = after
        return analysis, state, began

    def is_over(self):
        return self.canary.is_aborted or (self.canary.step >= len(self.spec.steps) and not self.lacks_its_pod())

    def is_held(self):
        return "InconclusiveAnalysisRun" in self.canary.pause_reasons

    def lacks_its_pod(self):
        """The one pod comes with the first weight, or with the promotion; a held rollout starts none."""
        before = [step for step in self.spec.steps[: self.canary.step] if isinstance(step, SetWeight)]
        return self.is_held() and not before

    def second(self, now):
        # runs that there are, the step's first, then whatever follows at this moment
        if self.step_run:
            self.step_run = self.looked(self.step_run, now)
        if self.background and not self.background[1].phase.is_completed:
            self.background = self.looked(self.background, now)
        while not self.is_over():
            before = (self.canary, self.step_run, self.background)
            self.once(now)
            if before == (self.canary, self.step_run, self.background):
                return

    def once(self, now):
        if self.spec.background and not self.was_created and self.canary.step >= self.spec.starting_step:
            self.background, self.was_created = (self.spec.background, start(run_spec(self.spec.background)), now), True
            return self.second_look(now)
        if self.canary.step >= len(self.spec.steps):
            return None
        step, held = self.spec.steps[self.canary.step], self.is_held()
        begins = isinstance(step, Pause) and not self.canary.is_controller_paused
        if self.background and self.background[1].phase.is_completed and not begins and not held:
            found, self.background = verdict(Place.BACKGROUND, self.background[1].phase), None
            return self.go(after_run(self.canary, found), now)
        match step:
            case Pause(duration_s):
                waited = Fraction(now - self.since) + Fraction(1, 1000)
                return self.go(pause_step(self.canary, waited, Fraction(duration_s)), now)
            case Analyse(analysis):
                if self.step_run is None and not held:
                    self.step_run = (analysis, start(run_spec(analysis)), now)
                    return self.second_look(now)
                if self.step_run and self.step_run[1].phase.is_completed and not held:
                    found, self.step_run = verdict(Place.STEP, self.step_run[1].phase), None
                    return self.go(after_run(self.canary, found), now)
            case _ if not self.lacks_its_pod():
                return self.go(after_run(self.canary, Verdict(Action.NEXT_STEP)), now)
        return None

    def second_look(self, now):
        if self.step_run:
            self.step_run = self.looked(self.step_run, now)
        if self.background and not self.background[1].phase.is_completed:
            self.background = self.looked(self.background, now)

    def go(self, canary, now):
        if canary.step != self.canary.step or canary.is_aborted:
            self.since, self.step_run = now, None
        self.canary = canary


def ending_of(plain):
    if plain.canary.is_aborted:
        return State.ROLLED_BACK
    return State.COMPLETED if plain.is_over() else State.PAUSED


@settings(max_examples=400, derandomize=True)
@given(STEPS, METRICS | ENDLESS | st.none(), st.integers(0, 2), PHASES)
def test_a_canary_does_what_it_does_by_the_clock(steps, background, starting_step, phases):
    """One run at a time measures, so that both take the phases in one order; 400 examples, derandomised."""
    has_steps = any(isinstance(step, Analyse) for step in steps)
    analysis = None if background is None or has_steps else Analysis((Measured(background, QUERY),))
    spec = CanarySpec(tuple(steps), analysis, starting_step, is_routed=True)
    plain, machine = Plain(spec, phases), CanaryMachine(spec, Approval(0))
    left, state, now = list(phases), machine.start(), 0
    while (look := machine.look(state)) is not None and now < 3000:
        now += look.after_s
        letters = tuple(LETTERS.index(left.pop(0) if left else Phase.SUCCESSFUL) for _ in look.asks)
        state = machine.advance(state, letters)
    ended = now
    second = 0
    plain.second(0)
    while not plain.is_over() and second < ended:
        second += 1
        plain.second(second)
    assert machine.standing(state).state is ending_of(plain)
    assert second == ended or machine.standing(state).state is State.PAUSED


@settings(max_examples=200, derandomize=True)
@given(METRICS | st.none(), METRICS | st.none(), st.booleans(), st.sampled_from([0, 60]), PHASES)
def test_blue_green_ends_as_its_analyses_say(before, after, by_hand, wait_s, phases):
    """What each analysis comes to is what a run comes to that is looked at every second."""
    analyses = [None if one is None else Analysis((Measured(one, QUERY),)) for one in (before, after)]
    machine = BlueGreenMachine(BlueGreenSpec(*analyses, by_hand, wait_s), Approval(30))
    left, state, now = list(phases), machine.start(), 0
    while (look := machine.look(state)) is not None:
        now += look.after_s
        state = machine.advance(state, tuple(LETTERS.index(left.pop(0)) for _ in look.asks))
    left, second, expected, is_switched = list(phases), 0, State.COMPLETED, False
    for analysis in analyses:
        if analysis is not None:
            run, began = start(run_spec(analysis)), second
            while not run.phase.is_completed:
                run = reconcile(run_spec(analysis), run, Fraction(second - began), lambda _: Judged(left.pop(0)))
                run = reconcile(run_spec(analysis), run, Fraction(second - began), lambda _: Judged(left.pop(0)))
                second += not run.phase.is_completed
            action = verdict(Place.PRE_PROMOTION, run.phase).action
            if action in (Action.ABORT, Action.PAUSE):
                expected = State.ROLLED_BACK if action is Action.ABORT else State.PAUSED
                break
        if not is_switched:
            second += 30 if by_hand else wait_s  # whom a person promotes waits for the person alone
            is_switched = True
    found = machine.standing(state)
    assert (found.state, now) == (expected, second)
    assert found.segment == int(is_switched)


def test_a_canary_without_steps_is_promoted_at_once():
    machine = CanaryMachine(CanarySpec((), Analysis((Measured(Metric("m", interval="1m"), QUERY),))), Approval(0))
    assert machine.standing(machine.start()).state is State.COMPLETED


def test_a_pause_without_a_duration_waits_for_a_person():
    spec = CanarySpec((SetWeight(20), Pause(None), SetWeight(40)))
    nobody, soon = CanaryMachine(spec, Approval()), CanaryMachine(spec, Approval(600))
    assert (nobody.standing(nobody.start()).state, nobody.look(nobody.start())) == (State.PAUSED, None)
    assert soon.look(soon.start()).after_s == 600
    assert soon.standing(soon.advance(soon.start(), ())).state is State.COMPLETED


def test_shares_of_a_canary_without_routing_are_those_of_its_pods():
    """Of the table in docs/argo-rollouts.md: 3 replicas at weight 10 are one pod of four."""
    spec = CanarySpec((SetWeight(10), Pause(60), SetWeight(50), Pause(60)), replicas=3)
    assert [one.traffic for one in CanaryMachine(spec, Approval(0)).segments] == [Fraction(1, 4), Fraction(1, 2)]


def measured(name, count=0):
    metric = Metric(name, success_condition="result[0] < 1", interval="30s", count=count, inconclusive_limit=0)
    return Analysis((Measured(metric, QUERY),))


def ends(spec, judged):
    """Go on until nothing is looked at; `judged` tells from a metric's name and a second what it measures."""
    machine = CanaryMachine(spec, Approval(0))
    position, now = machine.start(), 0
    while (look := machine.look(position)) is not None:
        now += look.after_s
        names = [machine.questions[question].name for question in look.asks]
        position = machine.advance(position, tuple(LETTERS.index(judged(name, now)) for name in names))
        assert now < 3600
    return machine.standing(position), now


def test_while_an_analysis_holds_a_rollout_no_other_one_is_read():
    """As `reconcileBackgroundAnalysisRun` and `reconcileStepBasedAnalysisRun` return before they read a phase."""
    spec = CanarySpec((SetWeight(20), Analyse(measured("step", 3))), measured("beside"), is_routed=True)

    def step_first(name, now):
        return Phase.INCONCLUSIVE if name == "step" else Phase.FAILED if now >= 60 else Phase.SUCCESSFUL

    def beside_first(name, now):
        return Phase.INCONCLUSIVE if name == "beside" and now >= 30 else Phase.FAILED if now >= 60 else Phase.SUCCESSFUL

    for judged, at_s in ((step_first, 0), (beside_first, 30)):
        standing, now = ends(spec, judged)
        assert (standing.state, standing.phase, now) == (State.PAUSED, "Paused", at_s)


def test_without_steps_the_background_analysis_starts_at_once():
    spec = CanarySpec((), measured("beside"), 2, is_routed=True, ready_s=60)
    machine = CanaryMachine(spec, Approval(0))
    look = machine.look(machine.start())
    assert look is not None
    assert [machine.questions[question].name for question in look.asks] == ["beside"]
    standing, _ = ends(spec, lambda *_: Phase.FAILED)
    assert standing.state is State.ROLLED_BACK


def test_a_rollout_whose_last_pods_start_is_progressing():
    machine = CanaryMachine(CanarySpec((), None, is_routed=True, ready_s=60), Approval(0))
    standing = machine.standing(machine.start())
    assert (standing.state, standing.phase) == (State.PROGRESSING, "Progressing")


def test_seconds_promote_nobody_whom_a_person_promotes():
    machine = BlueGreenMachine(BlueGreenSpec(None, None, True, 60), Approval(None))
    assert machine.look(machine.start()) is None
    assert machine.standing(machine.start()).state is State.PAUSED


@pytest.mark.parametrize(
    ("replicas", "judged", "expected"),
    [
        (10, {"beside": (60, Phase.INCONCLUSIVE)}, (State.PAUSED, "Paused", "weight 20", 300)),
        (10, {"beside": (0, Phase.INCONCLUSIVE)}, (State.PAUSED, "Paused", "weight 20", 300)),
        (1, {"beside": (60, Phase.INCONCLUSIVE)}, (State.COMPLETED, "Healthy", "weight 20", 300)),
        (10, {"beside": (60, Phase.FAILED)}, (State.ROLLED_BACK, "Degraded", "weight 20", 60)),
    ],
    ids=["a held rollout starts no pods", "a pause begins before it is held", "no pods are wanted", "an abort"],
)
def test_what_a_background_analysis_that_cannot_tell_holds(replicas, judged, expected):
    """As `haltProgress`, `completedCurrentCanaryStep` and `CompletedCanaryPauseStep` together say."""
    steps = (SetWeight(20), Pause(300), SetWeight(50), Pause(300), SetWeight(80))
    spec = CanarySpec(steps, measured("beside"), 1, is_routed=True, replicas=replicas)

    def answer(name, now):
        since, phase = judged[name]
        return phase if now >= since else Phase.SUCCESSFUL

    standing, now = ends(spec, answer)
    segment = CanaryMachine(spec, Approval(0)).segments[standing.segment].name
    assert (standing.state, standing.phase, segment, now) == expected


def test_of_a_failed_step_and_an_inconclusive_background_at_once_the_failure_counts():
    spec = CanarySpec((SetWeight(20), Analyse(measured("step", 3))), measured("beside"), is_routed=True, replicas=10)
    bad = {"step": Phase.FAILED, "beside": Phase.INCONCLUSIVE}
    standing, _ = ends(spec, lambda name, now: bad[name] if now >= 60 else Phase.SUCCESSFUL)
    assert standing.state is State.ROLLED_BACK
