"""A valid test document to its tests."""

from collections.abc import Iterator, Mapping
from typing import Any

from canary_runner.loading.bounds import as_written, bound_from, sets_from
from canary_runner.loading.builtin_scenarios import HEALTHY
from canary_runner.loading.quantities import DELAY
from canary_runner.loading.scenario_file import find_scenario, scenarios_from
from canary_runner.model.diagnostics import Document, Route
from canary_runner.model.expectation import Expectation, Side, TestCase
from canary_runner.model.scenario import Scenario


def tests_from(document: Document) -> tuple[TestCase, ...]:
    """Return the tests in a document without findings, in the order of the file."""
    data: Any = document.data
    own = scenarios_from(document)
    return tuple(_test(("tests", index), test, own) for index, test in enumerate(data["tests"]))


def _test(route: Route, data: Mapping[str, Any], own: Mapping[str, Scenario]) -> TestCase:
    return TestCase(
        name=data["name"],
        scenario=find_scenario(data.get("scenario", HEALTHY), own, sets_from(data)),
        approval_delay_s=DELAY.parse(data.get("approval_after", "0s")),
        expectations=tuple(_expectations((*route, "expect"), data["expect"])),
        route=route,
    )


def _expectations(route: Route, data: Mapping[str, Mapping[str, Any]]) -> Iterator[Expectation]:
    for quantity, bounds in data.items():
        for side, written in bounds.items():
            at = (*route, quantity, side)
            yield Expectation(quantity, Side(side), bound_from(written), as_written(written), at)
