"""Words about a user's data for messages: bounded, plain, with the nearest known word."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from canary_runner.loading.spelling import key_respelt
from canary_runner.model.shown import shown
from canary_runner.model.words import plain

TYPE_NAMES = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}


_TELLING = 4
"""Letters before an underscore that tell what was meant: `rollback_chance` is about `rollback_...`."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that `word` was probably meant to be: alike, or alike up to its first underscore."""
    from difflib import get_close_matches

    words = list(known)
    if respelt := key_respelt(word, words):
        return respelt
    lowered = {known_word.lower(): known_word for known_word in words}
    plain = word[:80].lower().replace("-", "_")
    for candidate in (word[:80].lower(), plain):
        if candidate in lowered:
            return lowered[candidate]
    found = get_close_matches(word[:80], words, 3, 0.6) or get_close_matches(plain, words, 3, 0.6)
    begin = plain.partition("_")[0]
    kin = [known_word for known_word in words if known_word.partition("_")[0] == begin]
    alike = [known_word for known_word in found if known_word in kin]
    if not alike and len(begin) >= _TELLING:
        alike = get_close_matches(plain, kin, 1, 0.0)
    return next(iter(alike or found), None)


def did_you_mean(word: str, known: Sequence[str], what: str) -> str:
    """Return the help for an unknown word: the nearest one if there is one, else all of them."""
    near = nearest(word, known)
    return f'did you mean "{near}"?' if near else f"{what}: {listed(known)}"


def listed(words: Sequence[str], last: str = "or") -> str:
    """Return `a, b or c`, at most twelve of them, and how many more there are."""
    names = [shown(word) for word in words[:12]] + ([f"{len(words) - 12} more"] if len(words) > 12 else [])
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"


def described(value: object) -> str:
    """Return a piece of data as a noun: `the text "5"`, `the number 0.01`, `a list of 3`."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            return f'the text "{shown(value)}"'
        case int() | Fraction():
            return f"the number {plain(value)}"
        case list():
            return f"a list of {len(value)}"
        case _:
            return "a mapping"
