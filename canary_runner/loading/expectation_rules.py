"""What no schema can say about a test or scenarios document."""

from collections.abc import Iterator, Mapping
from itertools import islice
from posixpath import normpath
from typing import Any, Final

from canary_runner.loading.bounds import as_written, bound_from, sets_from
from canary_runner.loading.builtin_scenarios import BUILTIN_SCENARIOS, HEALTHY
from canary_runner.loading.quantities import QuantityError
from canary_runner.loading.scenario_file import SetError, find_scenario, scenario_from, with_sets
from canary_runner.loading.semantics import repeated_names
from canary_runner.loading.words import did_you_mean
from canary_runner.model.diagnostics import Diagnostic, Document, Related, Route, Severity, error_at
from canary_runner.model.shown import shown

MAX_TESTS: Final = 1_000  # as in the schema, which says so
MAX_QUESTIONS: Final = 10_000
"""Tests of a file times the policies and services that each of them is asked of."""

MAX_SCENARIOS: Final = 100
MAX_FINDINGS: Final = 100


def test_findings(document: Document) -> list[Diagnostic]:
    """Return the semantic findings: what is named twice, unknown scenarios, sets and bounds that do not fit."""
    data: Any = document.data
    found = scenarios_findings(document)
    if not isinstance(data, dict) or not isinstance(data.get("tests"), list):
        return found
    for key in ("policies", "services"):
        found += _repeated_files(key, data.get(key))
    found += _too_many(data)
    entries = data["tests"][:MAX_TESTS]
    tests = [(("tests", index), test) for index, test in enumerate(entries) if isinstance(test, dict)]
    found += repeated_names(((test.get("name"), (*route, "name")) for route, test in tests), "test")
    scenarios = data.get("scenarios")
    own = dict(islice(scenarios.items(), MAX_SCENARIOS)) if isinstance(scenarios, dict) else {}
    for route, test in tests:
        if len(found) > MAX_FINDINGS:
            break
        found += _scenario_findings(route, test, own)
        found += _crossed_bounds(route, test)
    return found


def scenarios_findings(document: Document) -> list[Diagnostic]:
    """Return the semantic findings about the scenarios of a scenarios or test document."""
    data: Any = document.data
    scenarios = data.get("scenarios") if isinstance(data, dict) else None
    if not isinstance(scenarios, dict) or HEALTHY not in scenarios:
        return []
    message = f"{HEALTHY} is the release that is no worse, and means that everywhere"
    help = "give the scenario a name of its own"
    return [error_at("redefined-healthy", ("scenarios", HEALTHY), message, help, on_key=True)]


def _too_many(data: dict[str, Any]) -> Iterator[Diagnostic]:
    counts = [len(data[key]) if isinstance(data.get(key), list) else 0 for key in ("tests", "policies", "services")]
    tests, policies, services = counts
    asked = tests * policies * max(1, services)
    if asked > MAX_QUESTIONS:
        message = (
            f"{tests:,} tests of {policies:,} policies on {services:,} services are {asked:,}, above {MAX_QUESTIONS:,}"
        )
        yield error_at("too-large", ("tests",), message, "split the file", on_key=True)


def _repeated_files(key: str, paths: Any) -> Iterator[Diagnostic]:
    first: dict[str, int] = {}
    for index, path in enumerate(paths if isinstance(paths, list) else ()):
        if not isinstance(path, str):
            continue
        earlier = first.setdefault(normpath(path), index)
        if earlier != index:
            message = f'the file "{shown(path)}" is named twice'
            related = (Related((key, earlier), "named here first"),)
            at = (key, index)
            yield Diagnostic("duplicate-name", Severity.ERROR, at, message, "leave one of them out", related=related)


def _scenario_findings(route: Route, test: dict[str, Any], own: Mapping[str, Any]) -> Iterator[Diagnostic]:
    name = test.get("scenario", HEALTHY)
    if not isinstance(name, str):
        return
    if name not in own and name not in BUILTIN_SCENARIOS:
        help = did_you_mean(name, [*own, *BUILTIN_SCENARIOS], "there are")
        yield error_at("unknown-scenario", (*route, "scenario"), f'no scenario is called "{shown(name)}"', help)
        return
    try:
        scenario = scenario_from(name, own[name]) if name in own else find_scenario(name)
    except (ValueError, TypeError, AttributeError):
        return  # the scenario itself is wrong: the schema says so, at its own place
    try:
        with_sets(scenario, sets_from(test))
    except SetError as error:
        at = (*route, "set", error.path)
        yield error_at("bad-set", at, str(error).replace("--set", "set", 1), error.help, error.is_about_path)


def _crossed_bounds(route: Route, test: dict[str, Any]) -> Iterator[Diagnostic]:
    expectations = test.get("expect")
    for name, bounds in expectations.items() if isinstance(expectations, dict) else ():
        if not isinstance(bounds, dict) or not {"at_least", "at_most"} <= bounds.keys():
            continue
        try:
            low, high = (bound_from(bounds[key]) for key in ("at_least", "at_most"))
        except (QuantityError, TypeError):
            continue  # the schema says so
        if low > high:
            least, most = (shown(as_written(bounds[key])) for key in ("at_least", "at_most"))
            message = f"at_least {least} is above at_most {most}"
            yield error_at("crossed-bounds", (*route, "expect", name), message, "swap them, or leave one out")
