"""Which answers a matcher on a status label lets through: errors of the server, all others, or something between."""

import re
from collections.abc import Iterable
from enum import Enum
from typing import Final

from canary_runner.loading.queries.answers import UnclearError
from canary_runner.loading.queries.arms import Matcher
from canary_runner.loading.queries.labels import plain


class Part(Enum):
    """A part of the requests."""

    ALL = "all requests"
    ERRORS = "errors"
    SUCCESSES = "requests without error"


_NUMBERS: Final = tuple(
    str(code)
    for codes in (range(200, 207), range(300, 309), range(400, 432), (499, 500, 502, 503, 504))
    for code in codes
)
"""Codes that an HTTP service may answer with; a condition that forgets a rarer one is still meant for all errors."""

_CLASSES: Final = ("2", "3", "4", "5")
_GRPC_NAMES: Final = (
    "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists", "PermissionDenied",
    "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable",
    "DataLoss", "Unauthenticated",
)  # fmt: skip
_GRPC_NUMBERS: Final = tuple(map(str, range(17)))

Universe = tuple[tuple[str, ...], frozenset[str]]
"""Values that a label has, and those of them that are errors."""

_HTTP: Final[tuple[Universe, ...]] = (
    (_NUMBERS, frozenset(code for code in _NUMBERS if code[0] == "5")),
    (tuple(f"{one}xx" for one in _CLASSES), frozenset({"5xx"})),
)
_CODES: Final = _HTTP[:1]
_HTTP_CLASSES: Final = (*_HTTP, (_CLASSES, frozenset({"5"})))
_GRPC: Final[tuple[Universe, ...]] = tuple(
    (values, frozenset(values[1:])) for values in (_GRPC_NAMES, tuple(map(str.upper, _GRPC_NAMES)), _GRPC_NUMBERS)
)
_WORDS: Final[dict[str, tuple[Universe, ...]]] = {
    "classification": ((("success", "failure"), frozenset({"failure"})),),
    "outcome": (
        (("INFORMATIONAL", "SUCCESS", "REDIRECTION", "CLIENT_ERROR", "SERVER_ERROR"), frozenset({"SERVER_ERROR"})),
    ),
}
_OF_HTTP: Final = re.compile(r"(?:http_|response_|envoy_)*(?:status_?)?(?:code|status)(_class)?")
_OF_ISTIO: Final = "response_code"
"""Always a number of three digits."""

_OF_GRPC: Final = re.compile(r"(?:rpc_)?grpc_(?:code|status|response_status|status_code)")
_NEVER_AN_ANSWER: Final = frozenset({"", "0", "000", "-"})
"""What proxies write where there was no answer; to take it out takes nothing out."""


def universes(label: str) -> tuple[Universe, ...]:
    """Return the values that a label may have if it says how a request ended, nothing for any other label."""
    name = plain(label)
    if name in _WORDS:
        return _WORDS[name]
    if _OF_GRPC.fullmatch(name):
        return _GRPC
    found = _OF_HTTP.fullmatch(name)
    if found is None:
        return ()
    return _CODES if name == _OF_ISTIO else _HTTP_CLASSES if found[1] else _HTTP


def part_of(matchers: Iterable[Matcher]) -> Part:
    """Return which requests pass the matchers on status labels; raises UnclearError if it is none of the three."""
    found = [(one, _part(one, universes(one.label))) for one in matchers if universes(one.label)]
    told = [(one, part) for one, part in found if part is not Part.ALL]
    if len(told) > 1:
        raise UnclearError(" and ".join(str(one) for one, _ in told) + " are more than one condition on the answer")
    return told[0][1] if told else Part.ALL


def _part(matcher: Matcher, known: tuple[Universe, ...]) -> Part:
    unclear: list[str] = []
    for values, errors in known:
        named = frozenset(value for value in values if matcher.names(value))
        if not named:
            continue
        through = frozenset(values) - named if matcher.is_negative else named
        if through == frozenset(values):
            return Part.ALL
        if through == errors:
            return Part.ERRORS
        if through == frozenset(values) - errors:
            return Part.SUCCESSES
        unclear.append(_words(matcher, through, errors))
    if matcher.value in _NEVER_AN_ANSWER and matcher.is_negative:
        return Part.ALL
    does = "takes no answer out" if matcher.is_negative else "lets no answer through"
    raise UnclearError(unclear[0] if unclear else f"{matcher} {does} that is known: it is held against all of a code")


def _words(matcher: Matcher, through: frozenset[str], errors: frozenset[str]) -> str:
    if through <= errors:
        return f"{matcher} is some of the server's errors only"
    if through & errors:
        return f"{matcher} mixes the server's errors with other answers"
    return f"{matcher} is only some of the answers without error of the server"
