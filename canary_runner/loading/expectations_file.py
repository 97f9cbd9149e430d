"""What no schema can say about a test document; the tests themselves are read where they are run."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from canary_runner.loading.builtin_scenarios import BUILTIN_SCENARIOS
from canary_runner.loading.policy_view import quantity
from canary_runner.loading.scenario_file import find_scenario, scenario_from, with_sets
from canary_runner.loading.semantics import repeated_names
from canary_runner.loading.words import did_you_mean
from canary_runner.model.diagnostics import Diagnostic, Document, Route, UsageError, error_at
from canary_runner.model.shown import shown

HEALTHY: Final = "healthy"

MAX_TESTS: Final = 1_000  # as in the schema, which says so
MAX_SCENARIOS: Final = 100
MAX_FINDINGS: Final = 100


def test_findings(document: Document) -> list[Diagnostic]:
    """Return the semantic findings: names used twice, scenarios that nobody defines, sets that do not fit."""
    data: Any = document.data
    if not isinstance(data, dict) or not isinstance(data.get("tests"), list):
        return []
    entries = data["tests"][:MAX_TESTS]
    tests = [(("tests", index), test) for index, test in enumerate(entries) if isinstance(test, dict)]
    found = scenarios_findings(document)
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


def _scenario_findings(route: Route, test: dict[str, Any], own: dict[str, Any]) -> Iterator[Diagnostic]:
    name = test.get("scenario", "healthy")
    if not isinstance(name, str):
        return
    if name not in own and name not in BUILTIN_SCENARIOS:
        help = did_you_mean(name, [*own, *BUILTIN_SCENARIOS], "there are")
        yield error_at("unknown-scenario", (*route, "scenario"), f'no scenario is called "{shown(name)}"', help)
        return
    sets = test.get("set")
    if not isinstance(sets, dict) or not all(isinstance(value, str | int) for value in sets.values()):
        return
    try:
        scenario = scenario_from(name, own[name]) if name in own else find_scenario(name)
    except (ValueError, TypeError, AttributeError):
        return  # the scenario itself is wrong: the schema says so, at its own place
    try:
        with_sets(scenario, {path: str(value) for path, value in sets.items()})
    except UsageError as error:
        yield error_at("bad-set", (*route, "set"), str(error).removeprefix("--set "), error.help)


def _crossed_bounds(route: Route, test: dict[str, Any]) -> Iterator[Diagnostic]:
    expectations = test.get("expect")
    for name, bound in expectations.items() if isinstance(expectations, dict) else ():
        if not isinstance(bound, dict) or not {"at_least", "at_most"} <= bound.keys():
            continue
        low, high = (_size(bound[key]) for key in ("at_least", "at_most"))
        if low is not None and high is not None and low > high:
            message = f"at_least {shown(str(bound['at_least']))} is above at_most {shown(str(bound['at_most']))}"
            yield error_at("crossed-bounds", (*route, "expect", name), message, "swap them, or leave one out")


def _size(bound: Any) -> Any:
    if isinstance(bound, str):
        return quantity("rate", bound) if bound.endswith("%") else quantity("duration", bound)
    return bound
