"""Promises about a policy, and what became of them."""

from dataclasses import dataclass
from enum import Enum

from canary_runner.model.diagnostics import Document, Route
from canary_runner.model.scenario import Scenario
from canary_runner.model.study import DecidedIn, Estimate


class Verdict(Enum):
    """What became of an expectation."""

    PASS = "PASS"  # noqa: S105
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


class Side(Enum):
    """Which way a bound points; the values are the words of a test file."""

    AT_MOST = "at_most"
    AT_LEAST = "at_least"


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound on a quantity; rates 0..1, times in seconds, requests and errors as counts. Equal to it passes."""

    quantity: str  # of `studies.quantities.QUANTITIES`
    side: Side
    value: float
    written: str = ""  # as the file says it: "1%"
    route: Route = ()


@dataclass(frozen=True, slots=True)
class TestCase:
    """A scenario and what must come of it."""

    name: str
    scenario: Scenario
    approval_delay_s: int  # how long every gate waits for its approval
    bounds: tuple[Bound, ...]


@dataclass(frozen=True, slots=True)
class TestFile:
    """A file of tests; paths are relative to its folder."""

    document: Document
    policies: tuple[str, ...]
    services: tuple[str, ...]  # none: the assumed service
    cases: tuple[TestCase, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A bound after a study."""

    bound: Bound
    verdict: Verdict
    estimate: Estimate
    cause: DecidedIn | None  # where and by what most of the rollouts behind the number are rolled back


@dataclass(frozen=True, slots=True)
class TestedCase:
    """What became of one test for one policy and service."""

    file: Document
    policy: str
    service: str
    name: str
    scenario: str
    held: tuple[Held, ...]

    @property
    def verdict(self) -> Verdict:
        """FAIL if an expectation fails, else INCONCLUSIVE if one is, else PASS."""
        found = {one.verdict for one in self.held}
        return next((v for v in (Verdict.FAIL, Verdict.INCONCLUSIVE) if v in found), Verdict.PASS)


@dataclass(frozen=True, slots=True)
class TestReport:
    """What became of all tests."""

    cases: tuple[TestedCase, ...]
    seed: int
    is_complete: bool = True  # False: --fail-fast or Ctrl-C left some out

    @property
    def verdict(self) -> Verdict:
        """The worst of the cases."""
        found = {one.verdict for one in self.cases}
        return next((v for v in (Verdict.FAIL, Verdict.INCONCLUSIVE) if v in found), Verdict.PASS)
