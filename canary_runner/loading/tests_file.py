"""Test files: from a valid document to what is to be asked."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from canary_runner.loading.quantities import DELAY, DURATION, RATE
from canary_runner.loading.scenario_file import find_scenario, scenarios_from
from canary_runner.model.diagnostics import Document
from canary_runner.model.expectation import Bound, Side, TestCase, TestFile
from canary_runner.model.scenario import Scenario


def tests_from(document: Document) -> TestFile:
    """Return the tests of a valid test document."""
    data: Any = document.data
    own = scenarios_from(document)
    return TestFile(
        document,
        tuple(data["policies"]),
        tuple(data.get("services", ())),
        tuple(_case(number, test, own) for number, test in enumerate(data["tests"])),
    )


def _case(number: int, test: Mapping[str, Any], own: Mapping[str, Scenario]) -> TestCase:
    sets = {path: str(value) for path, value in test.get("set", {}).items()}
    return TestCase(
        name=test["name"],
        scenario=find_scenario(test.get("scenario", "healthy"), own, sets),
        approval_delay_s=DELAY.parse(test["approval_after"]) if "approval_after" in test else 0,
        bounds=tuple(
            Bound(quantity, side, _size(quantity, sides[side.value]), _written(sides[side.value]), route)
            for quantity, sides in test["expect"].items()
            for side in Side
            if side.value in sides
            for route in [("tests", number, "expect", quantity, side.value)]
        ),
    )


def _size(quantity: str, written: Any) -> float:
    """Return a bound in the unit of its quantity: rates 0..1, times in seconds."""
    if not isinstance(written, str):
        return float(written)
    return float(RATE.parse(written) if quantity.endswith("_probability") else DURATION.parse(written))


def _written(bound: Any) -> str:
    return bound if isinstance(bound, str) else f"{float(Fraction(bound)):g}"
