"""What a rule sees of one rollout in a manifest: its controller's machine, its questions with their places, its course.

Every place is one in the user's own file. Which numbers a system has, its spec says: `policy.spec`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from canary_runner.controllers.argo.spec import (
    Analyse,
    Analysis,
    BlueGreenSpec,
    CanarySpec,
    Experiment,
    Pause,
    SetWeight,
)
from canary_runner.controllers.argo.tracking import only_looks_on
from canary_runner.controllers.aws.appconfig_machine import Spread
from canary_runner.controllers.aws.codedeploy import schedule_of
from canary_runner.controllers.aws.codedeploy_machine import TrafficShift
from canary_runner.controllers.aws.schedule import Schedule
from canary_runner.controllers.flagger import questions as flagger
from canary_runner.controllers.machines import machine_of
from canary_runner.controllers.openkruise import Release
from canary_runner.linting.asked import Asked
from canary_runner.linting.course import Course, Patience, course_of, letter_of
from canary_runner.linting.ignores import Ignore
from canary_runner.loading.importers.argo.steps import step_places
from canary_runner.model.outcomes import Outcome
from canary_runner.model.plan import Approval

if TYPE_CHECKING:
    from canary_runner.model.diagnostics import Document, Route
    from canary_runner.model.foreign import ForeignPolicy
    from canary_runner.model.machine import Machine
    from canary_runner.model.service import Service

PERSON_S: Final = 3600
"""How long a person is taken to look before going on, where only the least is told: an hour."""


class ManifestFacts:
    """One rollout of a manifest with the service for which it is judged."""

    def __init__(
        self, policy: ForeignPolicy, document: Document, service: Service, ignores: Iterable[Ignore] = ()
    ) -> None:
        self.policy, self.document, self.service, self.ignores = policy, document, service, tuple(ignores)
        self.spec = policy.spec
        self._courses: dict[tuple[int, tuple[int, ...]], Course] = {}
        self._patience = Patience()

    @cached_property
    def machine(self) -> Machine[Any]:
        """Return its controller, with every gate opened at once."""
        return machine_of(self.spec, Approval(0))

    @cached_property
    def asked(self) -> tuple[Asked, ...]:
        """Return all that is ever asked."""
        return tuple(Asked(index, question) for index, question in enumerate(self.machine.questions))

    def course(self, failing: Sequence[int] = (), person_s: int = 0) -> Course:
        """Return what happens if every check passes, but of the questions `failing` that always fail.

        A person lets it go on after `person_s` seconds.
        """
        letters = tuple(
            letter_of(one.question, Outcome.FAIL if one.index in failing else Outcome.PASS) for one in self.asked
        )
        return self.course_with(letters, person_s)

    def unhurried(self, failing: Sequence[int] = ()) -> Course:
        """Return `course` where a person looks for PERSON_S seconds before going on."""
        return self.course(failing, PERSON_S)

    def course_with(self, letters: tuple[int, ...], person_s: int = 0) -> Course:
        """Return what happens if each question always has its letter."""
        key = (person_s, letters)
        if key not in self._courses:
            machine = self.machine if person_s == 0 else machine_of(self.spec, Approval(person_s))
            self._courses[key] = course_of(machine, letters, self._patience)
        return self._courses[key]

    def decides(self, one: Asked) -> bool:
        """Tell whether a metric of Argo can end its run by failing; one that only looks on (dryRun) cannot."""
        return any(
            measured is one.measured and not looks_on
            for analysis in _analyses(self.spec)
            for measured, looks_on in zip(analysis.metrics, only_looks_on(analysis), strict=True)
        )

    def place(self, *keys: str | int) -> Route:
        """Return a place below the rollout's own."""
        return (*self.policy.route, *keys)

    def data_at(self, route: Route) -> Any:
        """Return what stands at a place, None if nothing does."""
        found: Any = self.document.data
        for step in route:
            try:
                found = found[step]
            except (KeyError, IndexError, TypeError):
                return None
        return found

    @property
    def argo(self) -> CanarySpec | None:
        """Return a canary of Argo, None if it is none."""
        return self.spec if isinstance(self.spec, CanarySpec) else None

    @property
    def flagger(self) -> flagger.Canary | None:
        """Return a Canary of Flagger, None if it is none."""
        return self.spec if isinstance(self.spec, flagger.Canary) else None

    @property
    def openkruise(self) -> Release | None:
        """Return a Rollout of OpenKruise, None if it is none."""
        return self.spec if isinstance(self.spec, Release) else None

    @property
    def shift(self) -> TrafficShift | Spread | None:
        """Return a deployment of AWS by the clock, None if it is none."""
        return self.spec if isinstance(self.spec, TrafficShift | Spread) else None

    @property
    def schedule(self) -> tuple[Schedule, int]:
        """Return when which share is reached in a deployment of AWS, and in how many seconds alarms stop nothing more.

        CodeDeploy for Lambda and ECS is over with the last share, AppConfig with its bake.
        """
        match self.spec:
            case TrafficShift(spec=shift):
                schedule = schedule_of(shift.routing)
                return schedule, int(schedule[-1].at_s)
            case Spread(spec=spread):
                return spread.schedule, int(spread.duration_s + spread.bake_s)
        return (), 0

    @property
    def strategy(self) -> str:
        """Return under which key of `strategy` the rollout stands: the first that has a value."""
        strategy = self.data_at(self.place("spec", "strategy"))
        return next((key for key, value in (strategy or {}).items() if isinstance(value, dict)), "")

    def weights(self) -> Iterator[tuple[Fraction, Route]]:
        """Yield the shares of the requests that a canary of Argo asks for, with the places of their weights."""
        if self.argo is None:
            return
        route = self.place("spec", "strategy", "canary", "steps")
        places = step_places(self.data_at(route) or ())
        for step, (index, key) in zip(self.argo.steps, places, strict=False):
            if isinstance(step, SetWeight):
                yield Fraction(step.weight, self.argo.max_weight), (*route, index, key)

    @property
    def waits_for_a_person(self) -> bool:
        """Tell whether a canary of Argo has a pause without a duration."""
        return any(
            isinstance(step, Pause) and step.duration_s is None for step in (self.argo.steps if self.argo else ())
        )

    def analysis_place(self, *keys: str | int) -> Route:
        """Return a place in the analysis of a Canary of Flagger, under the name that it has there."""
        has_old = self.data_at(self.place("spec", "analysis")) is None
        old = has_old and self.data_at(self.place("spec", "canaryAnalysis")) is not None
        return self.place("spec", "canaryAnalysis" if old else "analysis", *keys)


def _analyses(spec: object) -> Iterator[Analysis]:
    """Yield every analysis of a rollout of Argo."""
    match spec:
        case CanarySpec(steps=steps, background=background):
            found = [background, *(step.analysis for step in steps if isinstance(step, Analyse | Experiment))]
        case BlueGreenSpec(before, after):
            found = [before, after]
        case _:
            found = []
    yield from filter(None, found)
