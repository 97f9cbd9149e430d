"""Metrics that decide alike whatever is measured: no number that their query can give fails, or none passes."""

from itertools import pairwise
from typing import Final

from canary_runner.loading.importers.fields import Fields
from canary_runner.model.machine import Question
from canary_runner.model.outcomes import Outcome
from canary_runner.model.query import Answer, Measures, NoData
from canary_runner.model.shown import shown

MOST: Final = {
    Measures.ERROR_RATIO: 1.0, Measures.SUCCESS_RATIO: 1.0, Measures.LATENCY_QUANTILE: 3600.0,
    Measures.REQUESTS: 1e9, Measures.ERRORS: 1e9,
}  # fmt: skip
"""The greatest number that a query of each kind gives, in its basic unit."""

RATIOS: Final = (Measures.ERROR_RATIO, Measures.SUCCESS_RATIO)


def possible_numbers(question: Question) -> list[float]:
    """Return numbers that a query can give, on both sides of every number with which they are compared."""
    most = MOST[question.query.measures] * float(question.query.factor)
    inside = [0.0, *(cut for cut in question.cuts if 0 < cut < most), most]
    between = [(a + b) / 2 for a, b in pairwise(inside)]
    return [*inside[question.query.zero_is_missing :], *between]


def tell_constant(fields: Fields, key: str, question: Question, verb: str = "") -> None:
    """Warn of a metric of which every number passes, or none; `verb` makes a sentence of its letters."""
    numbers = {question.letter(number) for number in possible_numbers(question)}
    are_passes = {question.outcomes[letter] is Outcome.PASS for letter in numbers}
    if are_passes == {True}:
        fields.warn("never-fails", key, *_never_fails(question))
    elif are_passes == {False}:
        said = " or ".join(sorted(question.letters[letter] for letter in numbers))
        message = f'"{shown(question.name)}" {verb}{said} for every number that its query can give{_range(question)}'
        fields.warn("never-passes", key, message, "a ratio is 0 to 1, not percent; mend the condition")


def _never_fails(question: Question) -> tuple[str, str]:
    nothing: tuple[Answer, ...] = tuple(NoData)
    passes_nothing = all(question.outcomes[question.letter(answer)] is Outcome.PASS for answer in nothing)
    only = "whatever is measured" if passes_nothing else "only a lack of data fails"
    message = f'"{shown(question.name)}" cannot fail, {only}: every number passes{_range(question)}'
    return message, "add a bound that some release does not meet"


def _range(question: Question) -> str:
    """Return the numbers that a ratio takes; others have no end that says anything."""
    return f", 0 to {question.query.factor}" if question.query.measures in RATIOS else ""
