"""What is only spelt wrongly: quantities with other letters for their unit, keys with one slip. Nothing is guessed."""

import re
from collections.abc import Iterable
from typing import Final

_UNITS: Final = {
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("ms", "msec", "msecs", "millis", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("rps", "qps", "req/s", "r/s"), "rps"),
    **dict.fromkeys(("/s", "/sec", "/second"), "/s"),
    **dict.fromkeys(("/min", "/minute"), "/min"),
    **dict.fromkeys(("%", "percent"), "%"),
    "pp": "pp",
    "x": "x",
}
_AMBIGUOUS: Final = "M"  # minutes, months, millions
_PART: Final = re.compile(r" ?([0-9]*\.?[0-9]+) ?([a-z/%]+)", re.IGNORECASE)
_LONGEST: Final = 40
_SHORTEST_KEY: Final = 5
"""Letters of a key in which a slip is no other word."""


def quantity_respelt(text: str) -> str | None:
    """Return a quantity with our letters for its units and no spaces: `5 min` is 5m, `.5 %` is 0.5%.

    None if it is spelt so already, or could be something else; whether it is a quantity of the kind that is wanted is
    for the caller to see.
    """
    sign = "+" if text.startswith("+") else ""
    rest, parts = text[len(sign) :] if len(text) <= _LONGEST else "", []
    while rest:
        part = _PART.match(rest)
        unit = _UNITS.get(part[2].lower()) if part and part[2] != _AMBIGUOUS else None
        if part is None or unit is None:
            return None
        parts.append(f"{'0' if part[1].startswith('.') else ''}{part[1]}{unit}")
        rest = rest[part.end() :]
    found = sign + "".join(parts)
    return found if parts and found != text else None


def key_respelt(word: str, known: Iterable[str]) -> str | None:
    """Return the one known word that `word` is with a slip, or in other case or with dashes; None if not just one.

    A slip is a letter too many, too few, another, or two in the wrong order.
    """
    found = [one for one in known if _folded(one) == _folded(word) or _is_slip(word, one)]
    return found[0] if len(found) == 1 and len(word) <= _LONGEST else None


def _folded(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "")


def _is_slip(word: str, meant: str) -> bool:
    if len(meant) < _SHORTEST_KEY or abs(len(word) - len(meant)) > 1 or word == meant:
        return False
    same = next((i for i, (a, b) in enumerate(zip(word, meant, strict=False)) if a != b), min(len(word), len(meant)))
    rest, wanted = word[same:], meant[same:]
    swapped = rest[1:2] + rest[:1] + rest[2:]
    return wanted in (rest[1:], swapped) or rest == wanted[1:] or rest[1:] == wanted[1:]
