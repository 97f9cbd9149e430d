"""What a rule sees of one rollout in a manifest: its controller's machine, its questions with their places, its course.

Every place is one in the user's own file. Which numbers a system has, its spec says: `policy.spec`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from canary_runner.controllers.argo import questions as argo
from canary_runner.controllers.argo.cuts import cuts_of
from canary_runner.controllers.argo.spec import CanarySpec, Measured, Pause, SetWeight
from canary_runner.controllers.aws.watching import Watched
from canary_runner.controllers.flagger import questions as flagger
from canary_runner.controllers.machines import machine_of
from canary_runner.linting.course import Course, course_of, letter_of
from canary_runner.linting.ignores import Ignore
from canary_runner.loading.importers.argo.steps import step_places
from canary_runner.model.outcomes import Outcome
from canary_runner.model.plan import Approval
from canary_runner.model.query import Sees
from canary_runner.model.shown import shown

if TYPE_CHECKING:
    from canary_runner.model.diagnostics import Document, Route
    from canary_runner.model.foreign import ForeignPolicy
    from canary_runner.model.machine import Machine, Question
    from canary_runner.model.service import Service

STEPS: Final = ("spec", "strategy", "canary", "steps")
"""Where the steps of a canary of Argo stand."""

PERSON_S: Final = 3600
"""How long a person is taken to look before going on, where only the least is told: an hour."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a machine."""

    index: int
    question: Question

    @property
    def measured(self) -> Measured | None:
        """Return a metric of Argo, None of another system's."""
        return self.question.measured if isinstance(self.question, argo.MetricQuestion) else None

    @property
    def name(self) -> str:
        """Return the metric's name, made safe for a message."""
        return shown(self.question.name)

    @property
    def route(self) -> Route:
        """Return where the metric stands."""
        match self.question:
            case argo.MetricQuestion(measured=measured):
                return measured.route
            case flagger.MetricQuestion(metric=metric):
                return metric.route
            case Watched(route=route):
                return route
        return ()

    def place(self, key: str) -> Route:
        """Return where `key` of the metric stands."""
        return (*self.route, key)

    def place_of(self, cut: float) -> Route:
        """Return where a number stands with which its answers are compared."""
        match self.question:
            case argo.MetricQuestion(measured=measured):
                is_success = bool(measured.metric.success_condition) and cut in cuts_of(
                    measured.metric.success_condition
                )
                return self.place("successCondition" if is_success else "failureCondition")
            case flagger.MetricQuestion(metric=metric):
                if metric.range is None:
                    return self.place("threshold")
                return (*self.place("thresholdRange"), "min" if cut == metric.range.min else "max")
        return self.place("Threshold")

    def sees(self, service: Service, share: Fraction, seconds: int) -> Fraction:
        """Return how many requests it sees in the mean, at a share of the canary that lasts so long."""
        both = service.rate_rps * seconds
        match self.question.query.sees:
            case Sees.CANARY:
                return both * share
            case Sees.BASELINE:
                return both * (1 - share)
        return both


class ManifestFacts:
    """One rollout of a manifest with the service for which it is judged."""

    def __init__(
        self, policy: ForeignPolicy, document: Document, service: Service, ignores: Iterable[Ignore] = ()
    ) -> None:
        self.policy, self.document, self.service, self.ignores = policy, document, service, tuple(ignores)
        self.spec = policy.spec
        self._courses: dict[tuple[int, tuple[int, ...]], Course] = {}

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

    def course_with(self, letters: tuple[int, ...], person_s: int = 0) -> Course:
        """Return what happens if each question always has its letter."""
        key = (person_s, letters)
        if key not in self._courses:
            machine = self.machine if person_s == 0 else machine_of(self.spec, Approval(person_s))
            self._courses[key] = course_of(machine, letters)
        return self._courses[key]

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

    def weights(self) -> Iterator[tuple[int, Route]]:
        """Yield the weights that a canary of Argo sets, with their places."""
        route = self.place(*STEPS)
        places = step_places(self.data_at(route) or ())
        for step, (index, key) in zip(self.argo.steps if self.argo else (), places, strict=False):
            if isinstance(step, SetWeight):
                yield step.weight, (*route, index, key)

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
