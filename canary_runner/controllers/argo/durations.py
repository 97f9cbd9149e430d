"""Durations as Go writes them: `1h30m`, `500ms`, `-1.5h`, and a bare `0`; never `60` or `1d`."""

import re
from fractions import Fraction

UNITS_S = {
    "ns": Fraction(1, 10**9), "us": Fraction(1, 10**6), "µs": Fraction(1, 10**6), "μs": Fraction(1, 10**6),
    "ms": Fraction(1, 1000), "s": Fraction(1), "m": Fraction(60), "h": Fraction(3600),
}  # fmt: skip
PIECE = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
LONGEST_TEXT = 100
"""Characters of a duration that are read."""
LONGEST_S = Fraction(2**63, 10**9)


def seconds(text: str) -> Fraction | None:
    """Return the seconds of a duration, None if the text is none."""
    if len(text) > LONGEST_TEXT:
        return None
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if rest == "0":
        return Fraction(0)
    pieces = PIECE.findall(rest)
    if not pieces or "".join(a + b for a, b in pieces) != rest:
        return None
    total = sum((Fraction(amount.rstrip(".")) * UNITS_S[unit] for amount, unit in pieces), Fraction(0))
    return sign * total if total < LONGEST_S else None


def pause_seconds(duration: int | str | None) -> Fraction | None:
    """Return how long a pause step lasts: None until a person resumes, negative if the text is no duration.

    A pause takes whole seconds as a number or as digits in text, or a Go duration, cut to whole seconds.
    """
    if duration is None:
        return None
    if isinstance(duration, int):
        return Fraction(duration)
    if re.fullmatch(r"[+-]?[0-9]{1,100}", duration, re.ASCII) and -(2**31) <= int(duration) < 2**31:
        return Fraction(int(duration))
    found = seconds(duration)
    return Fraction(-1) if found is None else Fraction(int(found))
