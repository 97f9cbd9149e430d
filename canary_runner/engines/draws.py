"""Words become the counts that one arm reports in one check interval."""

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.laws import ArmLaw, Conditional, Thinned
from canary_runner.compiling.series import ERRORS, PLAIN, WHOLE, series_of
from canary_runner.engines.splitting import Counts, binomial_counts, split
from canary_runner.engines.streams import FEW, Stream
from canary_runner.judges.counts import ArmCounts
from canary_runner.stats.distinct import distinct_columns
from canary_runner.stats.laws import beta_binomial_laws

Rows = NDArray[np.intp]


def draw(law: ArmLaw, stream: Stream, analysis: int, rows: Rows) -> ArmCounts:
    """Return the counts of one arm in the interval before an analysis (from 0), for rollouts of one block."""
    if isinstance(law, Thinned):
        return _draw_thinned(law, stream, analysis, rows)
    return _draw_conditional(law, stream, analysis, rows)


def no_counts(classes: int, rows: int) -> ArmCounts:
    """Return the counts of an arm that reports nothing."""
    return ArmCounts(np.zeros(rows, np.int64), np.zeros(rows, np.int64), np.zeros((classes, rows), np.int64))


def _draw_thinned(law: Thinned, stream: Stream, analysis: int, rows: Rows) -> ArmCounts:
    found = no_counts(len(law.chances), len(rows))
    if not law.series:
        return found
    words = stream.words(analysis, law.series, rows)
    if len(rows) <= FEW:
        which = np.repeat(np.arange(len(law.series)), len(rows))
        counts = law.laws.counts(which, words.reshape(-1)).reshape(words.shape)
    else:
        counts = np.stack([law.laws[i].count(words[i]) for i in range(len(law.series))])
    errors, plain = law.are_errors, ~law.are_errors  # within a kind every class has one series
    found.latency[law.classes[plain]] += counts[plain]
    found.latency[law.classes[errors]] += counts[errors]
    found.errors[:] = counts[errors].sum(axis=0)
    found.requests[:] = counts.sum(axis=0)
    return found


def _draw_conditional(law: Conditional, stream: Stream, analysis: int, rows: Rows) -> ArmCounts:
    if isinstance(law.requests, int):
        requests = np.full(len(rows), law.requests, np.int64)
    else:
        words = stream.words(analysis, [series_of(law.arm, PLAIN, WHOLE)], rows)[0]
        requests = law.requests[0].count(words)
    error_words = stream.words(analysis, [series_of(law.arm, ERRORS, WHOLE)], rows)[0]

    def words_of(classes: NDArray[np.intp]) -> NDArray[np.uint64]:
        series = [series_of(law.arm, PLAIN, law.slots[index]) for index in classes]
        return stream.words(analysis, series, rows)

    return ArmCounts(requests, _errors(law, requests, error_words), split(requests, law.chances, words_of))


def _errors(law: Conditional, requests: Counts, words: NDArray[np.uint64]) -> Counts:
    """Draw the errors among the requests: binomial, or beta-binomial where errors come in bursts."""
    if law.burstiness == 0:
        return binomial_counts(requests, np.full(requests.shape, law.error_rate), words)
    first, which = distinct_columns(requests[None])
    return beta_binomial_laws(requests[first], law.error_rate, law.burstiness).counts(which, words)
