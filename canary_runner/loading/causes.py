"""One cause, one finding: what only follows from another finding is left out."""

from collections.abc import Iterable, Iterator
from typing import Final

from canary_runner.model.diagnostics import Diagnostic, Route

_SUSPECTS: Final = ("defaults", "checks", "duration", "metric", "stages")
_FOLLOWING: Final = frozenset({"missing-check", "missing-key", "no-absolute-limit"})
_HIDING: Final = frozenset({"wrong-type", "unknown-word", "empty-value"})
_OF_METRIC: Final = frozenset({"max", "max_over_baseline"})


def causes(findings: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield the findings of a schema without their consequences.

    A mistyped key is not missing too, a limit has no unit as long as its metric is unknown, and what is no number
    is not out of range.
    """
    kept = list(findings)
    mistyped = {(_route(finding)[:-1], meant_by(finding)) for finding in kept if finding.rule == "unknown-key"}
    strangers = {route for route, _ in mistyped}
    no_number = {_route(finding) for finding in kept if finding.rule == "wrong-type"}
    no_metric = {route for finding in kept for route in _without_metric(finding)}
    for finding in kept:
        route = _route(finding)
        is_consequence = (
            (finding.rule == "out-of-range" and route in no_number)
            or (finding.rule == "missing-key" and (route, _wanted(finding)) in mistyped)
            or (finding.rule == "missing-key" and " none of " in finding.message and route in strangers)
            or (route[-1:] and route[-1] in _OF_METRIC and route[:-1] in no_metric)
        )
        if not is_consequence:
            yield finding


def unexplained(semantic: list[Diagnostic], schema: list[Diagnostic]) -> list[Diagnostic]:
    """Return the semantic findings without those about what seems to be missing, but may be mistyped or unreadable."""
    unclear = [_route(finding) for finding in schema if _hides_something(finding)]
    return [
        finding
        for finding in semantic
        if finding.rule not in _FOLLOWING or not any(_concerns(_route(finding), place) for place in unclear)
    ]


def meant_by(finding: Diagnostic) -> str:
    """Return the word that a `did you mean "word"?` names, or nothing."""
    return finding.help.split('"')[1] if finding.help.startswith("did you mean") else ""


def _wanted(finding: Diagnostic) -> str:
    return finding.help.removeprefix("add ").partition(":")[0]


def _without_metric(finding: Diagnostic) -> Iterator[Route]:
    route = _route(finding)
    if finding.rule in ("unknown-word", "wrong-type") and route[-1:] == ("metric",):
        yield route[:-1]
    if finding.rule == "missing-key" and _wanted(finding) == "metric":
        yield route


def _hides_something(finding: Diagnostic) -> bool:
    """Tell whether a key, a list or a metric that a stage needs may stand here, unread."""
    if finding.rule == "unknown-key":
        return meant_by(finding) in _SUSPECTS
    if finding.rule == "missing-key":
        return _wanted(finding) in _SUSPECTS
    last = _route(finding)[-1:]
    return finding.rule in _HIDING and bool(last) and (last[0] in _SUSPECTS or isinstance(last[0], int))


def _concerns(route: Route, place: Route) -> bool:
    """Tell whether a place lies in the defaults, at the top, or in the stage that `route` names."""
    return place[:1] != ("stages",) or route[:1] != ("stages",) or len(place) < 2 or place[:2] == route[:2]


def _route(finding: Diagnostic) -> Route:
    return finding.at if isinstance(finding.at, tuple) else ()
