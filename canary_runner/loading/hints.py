"""What a person meant who wrote a quantity wrongly: (what is wrong, what to write instead), or None.

Each function gets at most 40 characters that its quantity refused.
"""

import re
from fractions import Fraction

from canary_runner.model import words
from canary_runner.model.shown import shown

Hint = tuple[str, str] | None

_NUMBER = re.compile(r"\+?((?:[0-9]{1,9})(?:\.[0-9]{1,9})?|\.[0-9]{1,9})")
_ISO = re.compile(r"P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)S)?)?")
_CLOCK_LIKE = re.compile(r"([0-9]{1,3}):([0-9]{2})(?::([0-9]{2}))?")


def hint_for_duration(text: str) -> Hint:
    """Read `5`, `1:30`, `5M`, `PT5M`, `1.5h`."""
    written = shown(text)
    if number := _number(text):
        if number.denominator == 1:
            return f"{written} has no unit", f"write {number}m for minutes, {number}s for seconds"
        return f"{written} has no unit", "write whole units: 1h30m, 90s"
    if match := _CLOCK_LIKE.fullmatch(text):
        first, second = int(match[1]), int(match[2])
        if match[3]:
            return f"{written} is a clock, not a duration", f"write {first}h{second}m{int(match[3])}s"
        return f"{written} could be hours or minutes", f"write {first}h{second}m or {first}m{second}s"
    return _other_duration(text, written)


def _other_duration(text: str, written: str) -> Hint:
    if (match := _ISO.fullmatch(text)) and any(match.groups()):
        parts = zip(match.groups(), "dhms", strict=True)
        return f"{written} is an ISO 8601 duration", "write " + "".join(f"{n}{unit}" for n, unit in parts if n)
    if text and re.fullmatch("(?:[0-9]+d)?(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?", text):
        units = re.findall("([0-9]+)([dhms])", text)
        shorter = "".join(f"{int(number)}{unit}" for number, unit in units)
        limit = "a duration is at most 30d"
        return f"{written} has too many digits", limit if len(shorter) == len(text) else f"write {shorter}"
    if match := re.fullmatch("([0-9]+) ?M", text):
        return f'"{written}" is not a duration', f"write {match[1]}m"
    if match := re.fullmatch(r"([0-9]+\.[0-9]+)([dhm])", text):
        seconds = Fraction(match[1]) * {"d": 86_400, "h": 3_600, "m": 60}[match[2]]
        if seconds.denominator == 1:
            return f"{written} is not in whole units", f"write {words.duration(seconds.numerator)}"
    if text.endswith("ms") and _number(text[:-2]) is not None:
        return f"{written} is not a duration in whole seconds", "write whole seconds or more: 1s"
    return None


def hint_for_rate(text: str) -> Hint:
    """Read `0.01`, `1`, `150%`, `+1%`, `2pp`."""
    written = shown(text)
    if (number := _number(text)) is not None:
        if 0 < number < 1:
            return f"{written} has no unit", f"write {words.percent(number)} (= {written}) or {words.plain(number)}%"
        return f"{written} has no unit", f"write {words.plain(number)}%"
    body = text.removesuffix("%").strip()
    if text.endswith("%") and (number := _number(body)) is not None:
        if number >= 100:
            limit = "above 100%" if number > 100 else "not below 100%"
            return f"{written} is {limit}", "a share of all requests lies between 0% and 100%"
        return f'"{written}" is not a rate', f"write {words.plain(number)}%"
    if text.endswith("pp") and (number := _number(text[:-2])) is not None:
        return f"{written} is a difference of rates, not a rate", f"write {words.plain(number)}%"
    return None


def hint_for_confidence(text: str) -> Hint:
    """Read `0.99`, `99`, `40%`, `100%`."""
    written = shown(text)
    number = _number(text.removesuffix("%").strip())
    if number is None:
        return None
    if not text.endswith("%"):
        percent = number * 100 if number < 1 else number
        return f"{written} has no unit", f"write {words.plain(percent) if 50 <= percent < 100 else 99}%"
    if number >= 100:
        return f"{written} is certainty, which no data give", "write a level below 100%, like 99%"
    return f"{written} is below 50%", "write a one-sided level from 50% up, like 99%"


def hint_for_difference(text: str) -> Hint:
    """Read `+0.5%`, `0.5%`, `0.005`, `1.2`, `150pp` where points or a ratio are wanted."""
    written = shown(text)
    if text.endswith("%") and (number := _number(text[:-1])) is not None:
        points = words.plain(number)
        if number >= 100:
            return f"{written} could be points or a ratio", f"write {words.plain(number / 100)}x for a ratio"
        ratio = words.plain(1 + number / 100)
        return f"{written} could be points or relative", f"write {points}pp for points, {ratio}x for relative"
    if (number := _number(text)) is not None:
        return (
            f"{written} has no unit",
            f"write {words.plain(number)}pp for points, {words.plain(number)}x for a ratio",
        )
    if text.endswith("pp") and (number := _number(text[:-2])) is not None and number > 100:
        return f"{written} is above 100pp", "two rates differ by 100pp at most"
    if text.startswith("-"):
        return f"{written} is below zero", "write a limit like 0.5pp or 1.5x; 0.5x halves"
    return _zero_ratio(text)


def hint_for_effect(text: str) -> Hint:
    """Read `150%`, `3`, `+2%` where a change of the error rate is wanted."""
    number = _number(text.removesuffix("%"))
    if text.startswith("-"):
        return _lessening(text)
    if number is None or text.startswith("+"):
        return hint_for_difference(text)
    plain = words.plain(number)
    if text.endswith("%"):
        return (
            f"{shown(text)} is above 100%",
            f"write {words.plain(number / 100)}x to multiply; a rate is at most 100%",
        )
    return f"{shown(text)} has no unit", f"write +{plain}pp to add, {plain}x to multiply, {plain}% to set"


def hint_for_ratio(text: str) -> Hint:
    """Read `120%`, `1.2`, `50ms` where a ratio or a latency difference is wanted."""
    written = shown(text)
    if text.endswith("%") and (number := _number(text[:-1])) is not None:
        ratio = number / 100 if number >= 100 and not text.startswith("+") else 1 + number / 100
        return f"{written} is not a ratio", f"write {words.plain(ratio)}x"
    if (number := _number(text)) is not None:
        return (
            f"{written} has no unit",
            f"write {words.plain(number)}x for a ratio, +{words.plain(number)}ms for more",
        )
    if re.fullmatch(r"[0-9.]+m?s", text):
        return f"{written} is a latency, not a difference", f"write +{written} for that much more"
    return _zero_ratio(text)


def hint_for_latency_effect(text: str) -> Hint:
    """Read `-20ms`, and what `hint_for_ratio` reads, where a change of the latency is wanted."""
    return _lessening(text) if text.startswith("-") else hint_for_ratio(text)


def hint_for_latency(text: str) -> Hint:
    """Read `500`, `0.0001ms`, `+50ms`."""
    written = shown(text)
    if (number := _number(text)) is not None:
        return f"{written} has no unit", f"write {words.plain(number)}ms or {words.plain(number)}s"
    if text.startswith("+") and re.fullmatch(r"\+[0-9.]+m?s", text):
        return f"{written} is a difference, not a latency", f"write {written[1:]}"
    if re.fullmatch(r"0[0-9][0-9.]*m?s", text):
        return f"{written} begins with a zero too many", f"write {re.sub('^0+(?=[0-9])', '', text)}"
    if re.fullmatch(r"[0-9]+\.[0-9]+m?s", text):
        return f"{written} is not a whole number of microseconds", "write at most 3 decimals of ms, 6 of s"
    if re.fullmatch(r"[0-9]+m?s", text):
        return f"{written} is above one hour", "at most 3600s"
    return None


def hint_for_traffic(text: str) -> Hint:
    """Read `120`."""
    written = shown(text)
    if (number := _number(text)) is not None:
        return f"{written} has no unit", f"write {words.plain(number)}rps or {words.plain(number)}/min"
    return None


def hint_for_clock(text: str) -> Hint:
    """Read `9:00`, `24:00`."""
    if re.fullmatch(r"[0-9]:[0-5][0-9]", text):
        return f"{text} has one digit too few", f"write 0{text}"
    return None


def _lessening(text: str) -> Hint:
    return f"{shown(text)} is below zero", "to lessen it, multiply: 0.5x halves"


def _zero_ratio(text: str) -> Hint:
    if text.endswith("x") and _number(text[:-1]) == 0:
        return f"{shown(text)} is not above 0", "write a ratio above 0, like 1.2x"
    return None


def _number(text: str) -> Fraction | None:
    match = _NUMBER.fullmatch(text)
    return Fraction(match[1]) if match else None
