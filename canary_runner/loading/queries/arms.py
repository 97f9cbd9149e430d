"""Whose requests a label matcher lets through: the canary's, the baseline's, or both."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from canary_runner.loading.queries.answers import Names, UnclearError
from canary_runner.loading.queries.labels import Kind, kind_of
from canary_runner.loading.queries.patterns import UnreadablePatternError, pattern_of
from canary_runner.model.query import Sees
from canary_runner.model.shown import shown

_TELLING_WORDS: Final = re.compile(
    r"(?<![a-z])(?:(?:canary|stable|primary|preview)|(?:baseline|green|blue)(?![a-z])|v[0-9]+$)"
)

_SET_ON_THE_CANARY: Final = "canary"
"""A label that the ingress of nginx sets on requests that go to a canary, with its name."""

_ANY_VERSION: Final = "7d5b9c6f7d"
_IS_SET: Final = frozenset({("!=", ""), ("=~", ".+"), ("!~", "^$"), ("!~", "")})
_ANYTHING: Final = ("=~", ".*")


@dataclass(frozen=True, slots=True)
class Matcher:
    """A condition on one label: `=`, `!=`, `=~` or `!~`."""

    label: str
    operator: str
    value: str

    def __str__(self) -> str:
        """Return it as PromQL writes it."""
        return f'{self.label}{self.operator}"{shown(self.value)}"'

    @property
    def is_negative(self) -> bool:
        """Whether it takes out what its value names."""
        return self.operator.startswith("!")

    def names(self, text: str) -> bool:
        """Tell whether the value, without the negation, is or fits a label's value."""
        if not self.operator.endswith("~"):
            return self.value == text
        try:
            return pattern_of(self.value).fits(text)
        except UnreadablePatternError as unreadable:
            raise UnclearError(f"{self}: {unreadable}") from None


def sees(matchers: Iterable[Matcher], names: Names) -> Sees:
    """Return whose requests pass all matchers; raises UnclearError where that cannot be told."""
    found = {arm: one for one in matchers if (arm := _arm(one, names)) is not Sees.BOTH}
    if len(found) > 1:
        raise UnclearError(" and ".join(map(str, found.values())) + " exclude each other")
    return next(iter(found), Sees.BOTH)


def _arm(matcher: Matcher, names: Names) -> Sees:
    kind = kind_of(matcher.label)
    if kind is Kind.CALLER:
        return _of_callers(matcher, names)
    if kind is Kind.PLACE:
        return Sees.BOTH if matcher.value == names.namespace else _untold(matcher, ())
    if matcher.label == _SET_ON_THE_CANARY and (matcher.value == "" or (matcher.operator, matcher.value) in _IS_SET):
        return Sees.CANARY if (matcher.operator, matcher.value) in _IS_SET else Sees.BASELINE
    canary, baseline = _of_label(matcher.label, names)
    in_canary = any(matcher.names(value) for name in canary for value in _values(name, names.namespace))
    in_baseline = any(matcher.names(value) for name in baseline for value in _values(name, names.namespace))
    if not in_canary and not in_baseline:
        in_canary, in_baseline = (_mentions(matcher.value, one, other) for one, other in _sides(canary, baseline))
    if in_canary and in_baseline:
        return Sees.BOTH
    if not in_canary and not in_baseline:
        return _untold(matcher, (*canary, *baseline))
    if matcher.is_negative:
        raise UnclearError(f"{matcher} takes one arm out: what is left may be more than the other")
    return Sees.CANARY if in_canary else Sees.BASELINE


def _sides(one: tuple[str, ...], other: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    yield one, other
    yield other, one


def _of_label(label: str, names: Names) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of both arms that a label may hold; a workload may be called as the service of both arms is."""
    is_of_services = kind_of(label) is Kind.SERVICE
    if is_of_services and not (names.canary_services or names.baseline_services):
        return _own(names.canary, names.baseline), _own(names.baseline, names.canary)
    if is_of_services:
        return names.canary_services, names.baseline_services
    return names.canary, names.baseline  # a pod is called after its workload, never after its service


def _own(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Return names that are no beginning of the other arm's: such a one may name what both share."""
    return tuple(name for name in one if not any(more.startswith(name) for more in other))


def _values(name: str, namespace: str) -> Iterator[str]:
    """Yield what a label holds of a name: itself, a host, a pod."""
    yield name
    for host in (f"{name}.{namespace}", f"{name}.{namespace}.svc", f"{name}.{namespace}.svc.cluster.local"):
        yield host
        yield f"{host}:80"
    yield f"{name}-7d5b9c6f7d-x2x4z"
    yield f"{namespace}/{name}"


def _mentions(value: str, own: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Tell whether a value holds a name of one arm, as a whole word, that no name of the other arm holds."""
    return any(_holds(value, name) for name in own if not any(name in more for more in other))


def _holds(value: str, name: str) -> bool:
    return bool(name) and re.search(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", value) is not None


def _of_callers(matcher: Matcher, names: Names) -> Sees:
    """Return both arms, unless the callers are the arms: those requests are made, not got."""
    if not matcher.is_negative and any(_holds(matcher.value, name) for name in (*names.canary, *names.baseline)):
        raise UnclearError(f"{matcher} reads requests that the service makes, not those that it gets")
    return Sees.BOTH


def _untold(matcher: Matcher, names: tuple[str, ...]) -> Sees:
    """Return both arms for a value that fits no known name, if surely all or nearly all requests pass."""
    kind = kind_of(matcher.label)
    said = (matcher.operator, matcher.value)
    if said == _ANYTHING or (said in _IS_SET and kind is not Kind.UNKNOWN):
        return Sees.BOTH
    if kind is Kind.DIRECTION and (matcher.is_negative or not matcher.names("inbound")):
        raise UnclearError(f"{matcher} reads requests that the service makes, not those that it gets")
    word = _TELLING_WORDS.search(matcher.value.lower())
    if word and kind is not Kind.PART:
        raise UnclearError(f'{matcher} may single out an arm by "{word[0]}"')
    if kind is Kind.VERSION and not matcher.is_negative and not matcher.names(_ANY_VERSION):
        raise UnclearError(f"{matcher} reads one version, and which arm that is is not known")
    if any(_holds(matcher.value, name) for name in names):
        raise UnclearError(f"whether {matcher} singles out an arm is not clear")
    is_part = kind is Kind.PART or matcher.value.lstrip("^").startswith("/")
    if kind is Kind.UNKNOWN or (is_part and not matcher.is_negative):
        raise UnclearError(f"{matcher} leaves a part of the requests, and how large it is is not known")
    return Sees.BOTH
