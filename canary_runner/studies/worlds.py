"""Worlds that a test file asks for and that cannot be: each is a finding at the line that it comes from."""

from collections.abc import Iterator
from typing import Any

from canary_runner.compiling.plan import make_plan
from canary_runner.model.diagnostics import Diagnostic, Document, FileReport, Related, Route, Severity
from canary_runner.model.expectation import TestCase, TestFile
from canary_runner.model.foreign import AnyPolicy
from canary_runner.model.scenario import Scenario
from canary_runner.model.service import GENERIC_WEB, Service
from canary_runner.scenarios.world import ImpossibleWorldError, World


def impossible_worlds(file: TestFile) -> tuple[FileReport, ...]:
    """Return the findings about worlds that cannot be simulated, one a place, in the files that ask for them."""
    found: dict[tuple[str, Route], FileReport] = {}
    for document, at, error, related in _faults(file):
        finding = Diagnostic("impossible-world", Severity.ERROR, at, str(error), error.help, related=related)
        found.setdefault((document.name, at), FileReport(document, (finding,)))
    return tuple(found.values())


def _faults(file: TestFile) -> Iterator[tuple[Document, Route, ImpossibleWorldError, tuple[Related, ...]]]:
    known: dict[tuple[int, int, Scenario], ImpossibleWorldError | None] = {}
    for policy, service, case in file.questions():
        world = id(policy), id(service), case.scenario
        if world not in known:
            known[world] = _error(policy.value, service.value if service else GENERIC_WEB, case.scenario)
        error = known[world]
        if error is None:
            continue
        if service and error.route:
            yield service.document, error.route, error, ()
        else:
            yield file.document, *_asked(file.document, case, error)


def _error(policy: AnyPolicy, service: Service, scenario: Scenario) -> ImpossibleWorldError | None:
    try:
        World(make_plan(policy, service, scenario))
    except ImpossibleWorldError as error:
        return error
    return None


def _asked(
    document: Document, case: TestCase, error: ImpossibleWorldError
) -> tuple[Route, ImpossibleWorldError, tuple[Related, ...]]:
    """Return where a test asks for its scenario: the key of `set` that changes error rates, or the scenario's name."""
    data: Any = document.data
    test = data["tests"][case.route[-1]]
    own = ("scenarios", test.get("scenario"))
    related = (Related(own, "the scenario stands here"),) if own in document.values else ()
    changed = [path for path in test.get("set", {}) if path.endswith(".error_rate")]
    return (*case.route, *(("set", changed[-1]) if changed else ("scenario",))), error, related
