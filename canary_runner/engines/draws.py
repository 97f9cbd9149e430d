"""Words become the counts that one arm reports in one check interval."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.laws import ArmLaw, Conditional, Thinned
from canary_runner.compiling.series import ERRORS, PLAIN, WHOLE, series_of
from canary_runner.engines.splitting import Counts, binomial_counts, split
from canary_runner.engines.streams import FEW
from canary_runner.judges.counts import ArmCounts
from canary_runner.stats.distinct import distinct_columns
from canary_runner.stats.laws import beta_binomial_laws

Words = NDArray[np.uint64]
WordsOf = Callable[[Sequence[int]], Iterable[Words]]
"""The words of some series, each of shape (rows,)."""


def draw(law: ArmLaw, words_of: WordsOf, rows: int) -> ArmCounts:
    """Return the counts of one arm in an interval, for `rows` rollouts."""
    if isinstance(law, Conditional):
        return _draw_conditional(law, words_of, rows)
    if not law.series:
        return no_counts(len(law.chances), rows)
    return (_draw_few if rows <= FEW and not law.lookups else _draw_many)(law, words_of, rows)


def no_counts(classes: int, rows: int) -> ArmCounts:
    """Return the counts of an arm that reports nothing."""
    return ArmCounts(np.zeros(rows, np.int64), np.zeros(rows, np.int64), np.zeros((classes, rows), np.int64))


def _draw_few(law: Thinned, words_of: WordsOf, rows: int) -> ArmCounts:
    """Bisect all tables at once: without building anything for them, where nothing is built yet."""
    words = np.asarray(list(words_of(law.series)))
    which = np.repeat(np.arange(len(law.series)), rows)
    return counts_of(law, law.laws.counts(which, words.reshape(-1)).reshape(words.shape))


def counts_of(law: Thinned, counts: Counts) -> ArmCounts:
    """Return what an arm reports, from the counts of its series, shape (series, rows)."""
    found = no_counts(len(law.chances), counts.shape[1])
    errors, plain = law.are_errors, ~law.are_errors  # within a kind every class has one series
    found.latency[law.classes[plain]] += counts[plain]
    found.latency[law.classes[errors]] += counts[errors]
    found.errors[:] = counts[errors].sum(axis=0)
    found.requests[:] = counts.sum(axis=0)
    return found


def _draw_many(law: Thinned, words_of: WordsOf, rows: int) -> ArmCounts:
    """Look up one series after the other, while its words are at hand."""
    latency = np.empty((len(law.chances), rows), np.int64)
    errors = None
    unmet = set(range(len(latency)))
    for index, (words, at) in enumerate(zip(words_of(law.series), law.classes.tolist(), strict=True)):
        is_first = at in unmet
        counts = law.lookup(index).count(words, latency[at] if is_first else None)
        if law.are_errors[index]:
            errors = counts if errors is None else errors + counts  # the last of their class: it grows no more
        if is_first:
            unmet.remove(at)
        else:
            latency[at] += counts
    latency[sorted(unmet)] = 0
    return ArmCounts(_sum_of(latency), np.zeros(rows, np.int64) if errors is None else errors, latency)


def _sum_of(latency: Counts) -> Counts:
    """Return the sum over the first axis; row by row is several times faster than along it."""
    total: Counts = latency[0]
    for row in latency[1:]:
        total = total + row
    return total


def _draw_conditional(law: Conditional, words_of: WordsOf, rows: int) -> ArmCounts:
    if isinstance(law.requests, int):
        requests = np.full(rows, law.requests, np.int64)
    else:
        (words,) = words_of([series_of(law.arm, PLAIN, WHOLE)])
        requests = law.requests[0].count(words)
    (error_words,) = words_of([series_of(law.arm, ERRORS, WHOLE)])

    def words_of_splits(classes: NDArray[np.intp]) -> Words:
        series = [series_of(law.arm, PLAIN, law.slots[index]) for index in classes]
        return np.asarray(list(words_of(series)))

    return ArmCounts(requests, _errors(law, requests, error_words), split(requests, law.chances, words_of_splits))


def _errors(law: Conditional, requests: Counts, words: Words) -> Counts:
    """Draw the errors among the requests: binomial, or beta-binomial where errors come in bursts."""
    if law.burstiness == 0:
        return binomial_counts(requests, np.full(requests.shape, law.error_rate), words)
    first, which = distinct_columns(requests[None])
    return beta_binomial_laws(requests[first], law.error_rate, law.burstiness).counts(which, words)
