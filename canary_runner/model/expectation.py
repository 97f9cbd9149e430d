"""Promises about policies, and what became of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import ClassVar

from canary_runner.model.diagnostics import Document, Route
from canary_runner.model.foreign import AnyPolicy
from canary_runner.model.loaded import Loaded
from canary_runner.model.scenario import Scenario
from canary_runner.model.service import Service
from canary_runner.model.study import DecidedIn, Estimate, Input


class Verdict(Enum):
    """What became of an expectation."""

    PASS = "PASS"  # noqa: S105
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


class Side(Enum):
    """Which way a bound points; the values are the words of a test file."""

    AT_MOST = "at_most"
    AT_LEAST = "at_least"


class Unit(Enum):
    """What a quantity is measured in; the values are the titles of its bounds in schema/test.schema.json."""

    RATE = "rate"
    DURATION = "duration"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Expectation:
    """One bound on one quantity, and equal to it passes; an entry with both bounds is two of them."""

    quantity: str  # of `studies.quantities.QUANTITIES`
    side: Side
    bound: Fraction  # rates 0..1, times in seconds, requests and errors as counts
    written: str = ""  # as the file says it: "1%", "45m"; a number as a plain decimal
    route: Route = ()  # of the bound in the file

    @property
    def unit(self) -> Unit:
        """What the quantity is measured in, by its name."""
        if self.quantity.endswith("_probability"):
            return Unit.RATE
        is_time = self.quantity.startswith(("time_to_rollback_", "rollout_duration_"))
        return Unit.DURATION if is_time else Unit.NUMBER


@dataclass(frozen=True, slots=True)
class TestCase:
    """A scenario and what must come of it."""

    __test__: ClassVar[bool] = False  # none of pytest's

    name: str
    scenario: Scenario
    approval_delay_s: int  # how long every gate waits for its approval
    expectations: tuple[Expectation, ...]  # in the order of the file
    route: Route = ()  # in the file


@dataclass(frozen=True, slots=True)
class TestFile:
    """What a test file says, with all that it names."""

    __test__: ClassVar[bool] = False

    document: Document
    policies: tuple[Loaded[AnyPolicy], ...]
    services: tuple[Loaded[Service], ...]  # none: the service that is assumed
    cases: tuple[TestCase, ...]

    def questions(self) -> Iterator[tuple[Loaded[AnyPolicy], Loaded[Service] | None, TestCase]]:
        """Yield every test for every policy and service, in this order; None is the service that is assumed."""
        for policy in self.policies:
            for service in self.services or (None,):
                for case in self.cases:
                    yield policy, service, case


@dataclass(frozen=True, slots=True)
class Held:
    """An expectation after a study."""

    expectation: Expectation
    verdict: Verdict
    estimate: Estimate
    cause: DecidedIn | None  # where and by what most of the rollouts behind the number are rolled back


@dataclass(frozen=True, slots=True)
class TestedCase:
    """What became of one test for one policy and service."""

    __test__: ClassVar[bool] = False

    file: Document
    policy: str
    service: str
    name: str
    scenario: str
    held: tuple[Held, ...]

    @property
    def verdict(self) -> Verdict:
        """FAIL if an expectation fails, else INCONCLUSIVE if one is, else PASS."""
        return _worst(one.verdict for one in self.held)


@dataclass(frozen=True, slots=True)
class TestReport:
    """What became of all tests."""

    __test__: ClassVar[bool] = False

    cases: tuple[TestedCase, ...]
    seed: int
    policies: tuple[Input, ...]  # under the names that the cases give them
    services: tuple[Input, ...]  # none: the service that is assumed
    is_complete: bool = True  # False: --fail-fast or Ctrl-C left some out

    @property
    def verdict(self) -> Verdict:
        """The worst of the cases; what was left out is not decided."""
        left = () if self.is_complete else (Verdict.INCONCLUSIVE,)
        return _worst((*(one.verdict for one in self.cases), *left))


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    found = set(verdicts)
    return next((one for one in (Verdict.FAIL, Verdict.INCONCLUSIVE) if one in found), Verdict.PASS)
