"""Plain YAML scalars by YAML 1.2, where 1.1 and 1.2 agree; the rest is text, or refused with both readings.

PyYAML's own resolver is YAML 1.1: it reads `on` as true, `010` as 8 and `1:30` as 90.
"""

import re
from fractions import Fraction
from functools import lru_cache

from canary_runner.model.shown import shown

MAX_NUMBER = 2**53
MAX_DIGITS = 40
MAX_EXPONENT = 30

Scalar = str | int | Fraction | bool | None

_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_WORDS |= {"Null": None, "NULL": None}
_TEXT = "text"
_BOOLEANS_1_1 = {
    spelling: value
    for word, value in {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}.items()
    for spelling in (word, word.capitalize(), word.upper())  # not y and n: no parser of 1.1 in use takes those
}
_NUMBER_START = frozenset("+-.0123456789")
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE]([-+]?[0-9]+))?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_OTHER_NUMBER = re.compile(
    r"""(?P<sign>[-+]?)(?:
        0x_*(?P<hex>[0-9a-fA-F][0-9a-fA-F_]*) | 0o_*(?P<octal>[0-7][0-7_]*) | 0b_*(?P<binary>[01][01_]*)
        | (?P<zeros>0[0-9_]+) | (?P<decimal>(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?)
    )""",
    re.VERBOSE,
)


class ScalarError(ValueError):
    """A plain scalar that two readers would read differently, or that no number can hold."""

    def __init__(self, rule: str, message: str, help: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.help = help


@lru_cache(maxsize=4096)
def read_plain(text: str) -> Scalar:
    """Return what an unquoted scalar means: a decimal is exact, and an int if it is whole. Raises ScalarError."""
    if text[:1] not in _NUMBER_START:
        return _WORDS.get(text, text)
    if match := _DECIMAL.fullmatch(text):
        return _number(text, match[1])
    if _NOT_FINITE.fullmatch(text):
        raise ScalarError("not-finite", f"{text} is not a number that can be compared", "write a plain decimal")
    if match := _OTHER_NUMBER.fullmatch(text):
        raise _ambiguous(text, match)
    return text


def read_plain_1_1(text: str) -> Scalar:
    """Return what an unquoted scalar means to those who read YAML 1.1: `on` is true, `010` is 8; the rest is text."""
    if text in _BOOLEANS_1_1:
        return _BOOLEANS_1_1[text]
    try:
        return read_plain(text)
    except ScalarError:
        match = _OTHER_NUMBER.fullmatch(text)
    old = _readings(match)[0] if match and len(text) <= MAX_DIGITS else _TEXT
    try:
        return text if old == _TEXT else _number(old, old.lower().partition("e")[2])
    except ScalarError:
        return text


def _number(text: str, exponent: str | None) -> int | Fraction:
    if len(text) > MAX_DIGITS:
        raise ScalarError(
            "number-too-large", f"{shown(text, 24)} has {len(text)} characters, at most {MAX_DIGITS}", "round it"
        )
    if _WHOLE.fullmatch(text):
        value: int | Fraction = int(text)
    elif exponent and abs(int(exponent)) > MAX_EXPONENT:
        raise ScalarError("number-too-large", f"{text} has an exponent beyond {MAX_EXPONENT}", "write a plain decimal")
    else:
        exact = Fraction(text)
        value = exact.numerator if exact.denominator == 1 else exact
    if not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise ScalarError("number-too-large", f"{text} is beyond 2**53 = {MAX_NUMBER}", "write a smaller number")
    return value


def _ambiguous(text: str, match: re.Match[str]) -> ScalarError:
    """Word the readings of a number that is no plain decimal: what YAML 1.1 makes of it, and what 1.2 does."""
    quoted = f'or "{shown(text, 24)}" in quotes if it is text'
    if len(text) > MAX_DIGITS:
        return ScalarError(
            "ambiguous-number", f"{shown(text, 24)} is not a plain decimal", f"write digits only, {quoted}"
        )
    old, new = _readings(match)
    if old == new:
        return ScalarError("ambiguous-number", f"{text} is not a plain decimal", f"write {new}, {quoted}")
    message = f"{text} is {old} in YAML 1.1 and {new} in YAML 1.2"
    numbers = " or ".join(reading for reading in (old, new) if reading != _TEXT)
    return ScalarError("ambiguous-number", message, f"write {numbers}, {quoted}")


def _readings(match: re.Match[str]) -> tuple[str, str]:
    sign = "-" if match["sign"] == "-" else ""
    digits = {name: group.replace("_", "") for name, group in match.groupdict().items() if group}
    has_underscore = "_" in match[0]
    if "hex" in digits:
        value = f"{sign}{int(digits['hex'], 16)}"
        return value, _TEXT if has_underscore or match["sign"] else value
    if "octal" in digits:
        return _TEXT, _TEXT if has_underscore or match["sign"] else str(int(digits["octal"], 8))
    if "binary" in digits:
        return f"{sign}{int(digits['binary'], 2)}", _TEXT
    if "zeros" in digits:
        is_octal = set(digits["zeros"]) <= set("01234567")
        old = f"{sign}{int(digits['zeros'], 8)}" if is_octal else _TEXT
        return old, _TEXT if has_underscore else f"{sign}{int(digits['zeros'])}"
    value = sign + digits["decimal"]
    return value, _TEXT if has_underscore else value
