"""What no schema can say about a policy: how its numbers fit each other.

Works on any data: where a number cannot be read the schema has said so, and nothing follows from it.
"""

from collections.abc import Callable, Iterable, Iterator
from math import isqrt
from typing import Any, Final

from canary_runner.loading.check_rules import CHECK_RULES
from canary_runner.loading.policy_view import StageView, stage_views
from canary_runner.model import words
from canary_runner.model.diagnostics import Diagnostic, Document, Related, Route, Severity, error_at
from canary_runner.model.plan import HOLD_FACTOR
from canary_runner.model.shown import shown

MAX_TOTAL_S = 30 * 86_400
MAX_ANALYSES = 10_000
_ONCE_A_PLACE: Final = frozenset({"unreachable-tolerance", "mixed-comparison"})  # one default, many stages


def policy_findings(document: Document) -> list[Diagnostic]:
    """Return every semantic finding about a policy document, each place and message once."""
    data: Any = document.data
    views = stage_views(data)
    found = [finding for rule in (*_RULES, *CHECK_RULES) for finding in rule(data, views)]
    once: dict[tuple[str, object, str], Diagnostic] = {}
    for finding in found:
        once.setdefault((finding.rule, finding.at, "" if finding.rule in _ONCE_A_PLACE else finding.message), finding)
    return list(once.values())


def _missing_durations(_data: Any, views: list[StageView]) -> Iterator[Diagnostic]:
    """Find stages that last for no known time; one finding if the defaults could mend them all."""
    lacking = [view for view in views if view.value("duration") is None]
    for view in lacking:
        message = f'stage "{shown(view.name)}" has no duration'
        yield error_at("missing-key", view.route, message, "add duration: 10m to it, or to defaults for every stage")


def repeated_names(entries: Iterable[tuple[object, Route]], what: str) -> Iterator[Diagnostic]:
    """Find names that two entries of a list share; `entries` are names with their places."""
    first: dict[str, Route] = {}
    for name, route in entries:
        if not isinstance(name, str):
            continue
        if name in first:
            message = f'{what} name "{shown(name)}" is used twice'
            related = (Related(first[name], "used here first"),)
            yield Diagnostic("duplicate-name", Severity.ERROR, route, message, "rename one of them", related=related)
        first.setdefault(name, route)


def _duplicate_names(_data: Any, views: list[StageView]) -> Iterator[Diagnostic]:
    return repeated_names(((view.own.get("name"), (*view.route, "name")) for view in views), "stage")


def _uneven_durations(_data: Any, views: list[StageView]) -> Iterator[Diagnostic]:
    """Find stages whose duration is not a whole number of check_every."""
    for view in views:
        duration, every = view.duration_s, view.check_every_s
        if not duration or not every or duration % every == 0:
            continue
        at, other = _blamed(view, "duration", "check_every")
        related = (Related(other, "with this"),)
        length, rhythm = words.duration(duration), words.duration(every)
        rhythms = _either(_divisors_around(duration, every))
        if every > duration:
            message = f"check_every {rhythm} is longer than the stage's duration {length}"
            help = f"write duration: {rhythm}, or check_every: {rhythms}"
        else:
            message = f"duration {length} is not a whole number of check_every {rhythm}"
            below = duration // every * every
            help = f"write duration: {_either([below, below + every])}, or check_every: {rhythms}"
        yield Diagnostic("uneven-duration", Severity.ERROR, at, message, help, related=related)


def _uneven_windows(_data: Any, views: list[StageView]) -> Iterator[Diagnostic]:
    """Find sliding windows that are no whole number of check_every, or longer than their stage."""
    for view in views:
        window, every, duration = view.window, view.check_every_s, view.duration_s
        if not isinstance(window, int) or not every or not duration or duration % every:
            continue
        length = words.duration(window)
        if window > duration:
            at, other = _blamed(view, "window", "duration")
            message = f"window {length} is longer than the stage's duration {words.duration(duration)}"
            help = "write window: stage, which reads all of the stage's data"
        elif window % every:
            at, other = _blamed(view, "window", "check_every")
            message = f"window {length} is not a whole number of check_every {words.duration(every)}"
            below = window // every * every
            help = f"write window: {_either([below, min(below + every, duration)])}"
        else:
            continue
        rule = "window-too-long" if window > duration else "uneven-window"
        yield Diagnostic(rule, Severity.ERROR, at, message, help, related=(Related(other, "with this"),))


def _unreachable_tolerances(_data: Any, views: list[StageView]) -> Iterator[Diagnostic]:
    """Find tolerances above the analyses that a stage can have, a hold to twice its duration included."""
    for view in views:
        tolerance, analyses = view.value("rollback_after"), view.analyses
        if not isinstance(tolerance, dict):
            continue
        place = view.place("rollback_after")
        failures, of_last = _count(tolerance, "failures"), _count(tolerance, "of_last")
        if of_last and failures > of_last:
            message = f"{failures} failures cannot be among the last {of_last}"
            yield error_at("unreachable-tolerance", (*place, "failures"), message, f"write failures: {_up_to(of_last)}")
            continue
        for key in ("consecutive_failures", "total_failures", "failures"):
            wanted = _count(tolerance, key)
            if analyses and wanted > HOLD_FACTOR * analyses:
                most = HOLD_FACTOR * analyses
                message = (
                    f'{key} {wanted} can never be reached in stage "{shown(view.name)}": {_at_most(analyses, most)}'
                )
                held = f" ({most} only in a stage that is held)" if most > analyses else ""
                help = f"write {key}: {_up_to(analyses)}{held}, or a shorter check_every"
                yield error_at("unreachable-tolerance", (*place, key), message, help)


def _up_to(most: int) -> str:
    return "1" if most == 1 else f"1 to {most:,}"


def _too_long(_data: Any, views: list[StageView]) -> Iterator[Diagnostic]:
    total_s = sum(view.duration_s or 0 for view in views)
    if total_s > MAX_TOTAL_S:
        message = f"the stages take {words.duration(total_s)} in all, at most {words.duration(MAX_TOTAL_S)}"
        yield error_at("too-large", ("stages",), message, "shorten the stages", True)
    analyses = sum(view.analyses or 0 for view in views)
    if analyses > MAX_ANALYSES:
        message = f"the stages make {analyses:,} analyses in all, at most {MAX_ANALYSES:,}"
        yield error_at("too-large", ("stages",), message, "write a longer check_every", True)


def _blamed(view: StageView, key: str, other: str) -> tuple[Route, Route]:
    """Return the places of two keys that disagree, the stage's own one first: the defaults fit the others."""
    if key not in view.own and other in view.own:
        key, other = other, key
    return view.place(key), view.place(other)


def _divisors_around(duration: int, every: int) -> list[int]:
    """Return the nearest whole parts of a duration below and above `every`: whole minutes if there are any."""
    grain = 60 if duration % 60 == 0 and every > 60 else 1
    grains = duration // grain
    pairs = [(n, grains // n) for n in range(1, isqrt(grains) + 1) if grains % n == 0]
    parts = [part * grain for pair in pairs for part in pair]
    below = max((part for part in parts if part < every), default=None)
    above = min((part for part in parts if part > every), default=None)
    return [part for part in (below, above) if part]


def _either(seconds: list[int]) -> str:
    return " or ".join(words.duration(each) for each in dict.fromkeys(seconds) if each)


def _at_most(analyses: int, most: int) -> str:
    word = "analysis" if analyses == 1 else "analyses"
    return f"it has {analyses} {word}, at most {most} if held"


def _count(tolerance: dict[str, Any], key: str) -> int:
    """Return a number of failures, 0 if none can be read."""
    value = tolerance.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


_RULES: Final[tuple[Callable[[Any, list[StageView]], Iterator[Diagnostic]], ...]] = (
    _missing_durations,
    _duplicate_names,
    _uneven_durations,
    _uneven_windows,
    _unreachable_tolerances,
    _too_long,
)
