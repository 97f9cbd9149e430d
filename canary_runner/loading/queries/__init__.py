"""What a query measures, told from its text where that is safe.

A query that is not understood is never guessed: whoever owns it binds its name to a meaning (`loading.bindings`).
"""

from collections.abc import Callable
from typing import Final

from canary_runner.loading.queries import cloudwatch, datadog, nrql
from canary_runner.loading.queries.answers import Names, Unclear, UnclearError
from canary_runner.loading.queries.promql import meaning as promql
from canary_runner.model.query import Query
from canary_runner.model.shown import shown

__all__ = ["READERS", "Names", "Unclear", "meaning_of"]

Reader = Callable[[str, Names, int | None], Query]

READERS: Final[dict[str, Reader]] = {
    "prometheus": promql.meaning,
    "datadog": datadog.meaning,
    "cloudwatch": cloudwatch.meaning,
    "newrelic": nrql.meaning,
}
"""By provider, in small letters."""


def meaning_of(
    provider: str, text: str, names: Names, window_s: int | None = None, metric: str = "NAME"
) -> Query | Unclear:
    """Return what the query `text` of a provider measures, or why that is not safe to say.

    `names` say what singles out an arm; `window_s` is the window where the manifest, and not the query, has it;
    `metric` is how the query is called in the manifest.
    """
    reader = READERS.get(provider.lower())
    try:
        if reader is None:
            raise UnclearError(f"queries of {shown(provider)} are not read" if provider else "it has no query")
        return reader(text, names, window_s)
    except UnclearError as unclear:
        return Unclear(str(unclear), f"say what it measures: --bind {metric}=error_ratio,window=1m,arm=canary")
