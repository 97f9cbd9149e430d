"""What a metric's provider is asked, and what its answer is to a condition."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from canary_runner.controllers.argo.durations import seconds
from canary_runner.controllers.argo.spec import Shape
from canary_runner.loading.importers.fields import Fields
from canary_runner.model.shown import shown

ACCESS: Final = (
    "address", "authentication", "headers", "insecure", "profile", "requestTimeout", "secretRef", "timeout"
)  # fmt: skip
"""Where and as whom it is asked; no answer hangs on it."""

SHAPES: Final[Mapping[str, Shape]] = {
    "prometheus": Shape.VECTOR, "graphite": Shape.VECTOR, "influxdb": Shape.LIST, "wavefront": Shape.NUMBER,
    "newRelic": Shape.ROW, "cloudWatch": Shape.SERIES,
}  # fmt: skip
"""By provider; the others answer with a scalar."""

OPINIONS: Final = ("job", "web", "kayenta", "plugin")
"""Providers that measure what no model of requests has; without a binding they are taken to be satisfied."""

DEFAULT_WINDOW_S: Final = {"datadog": 300, "cloudWatch": 300, "skywalking": 300}
LONGEST_S: Final = 86_400
ALIAS: Final = re.compile(r"""\bas\s+(?:'([^']+)'|"([^"]+)"|`([^`]+)`|([A-Za-z_]\w*))""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Read:
    """A provider's query."""

    kind: str
    text: str
    shape: Shape
    window_s: int
    column: str = ""  # of a row: its name in the query
    unclear: str = ""  # why its text says nothing; a binding may
    loss: str = ""  # what is left out even with a binding


def read_provider(metric: Fields) -> Read | None:
    """Return the provider of a metric, None if it is wrong."""
    providers = metric.mapping("provider")
    if providers is None:
        metric.required("provider")
        return None
    kinds = [key for key in providers.data if providers.raw(key) is not None]
    if len(kinds) != 1:
        metric.error("one-provider", "provider", f"{len(kinds)} providers are given", "give exactly one")
        return None
    kind = kinds[0]
    if kind in OPINIONS:
        query = providers.raw(kind)
        text = query.get("query") if isinstance(query, dict) else None
        return Read(kind, text if isinstance(text, str) else "", Shape.SCALAR, 60)
    fields = providers.mapping(kind)
    if fields is None:
        return None
    fields.skip(ACCESS)
    found = {"prometheus": _prometheus, "datadog": _datadog, "cloudWatch": _cloudwatch}.get(kind, _by_query)(
        fields, kind
    )
    fields.close()
    return found


def _by_query(fields: Fields, kind: str) -> Read:
    text, window_s = fields.text("query"), _window_s(fields, kind) if kind in DEFAULT_WINDOW_S else 60
    alias = ALIAS.search(text) if kind == "newRelic" else None
    column = next(filter(None, alias.groups()), "") if alias else ""
    return Read(kind, text, SHAPES.get(kind, Shape.SCALAR), window_s, column)


def _prometheus(fields: Fields, kind: str) -> Read:
    text, has_range = fields.text("query"), fields.has("rangeQuery")
    why = "a rangeQuery answers with every sample between start and end, which is not one number" if has_range else ""
    loss = "the samples of a rangeQuery are taken to be one, the newest" if has_range else ""
    return Read(kind, text, Shape.VECTOR, 60, unclear=why, loss=loss)


def _datadog(fields: Fields, kind: str) -> Read:
    """Return a query; the second version has named ones and a formula over them."""
    window_s = _window_s(fields, kind)
    text, formula, queries = fields.text("query"), fields.text("formula"), fields.mapping("queries")
    fields.skip(("apiVersion",))
    unclear = ""
    if queries is not None:
        named = {str(name): queries.text(str(name)) for name in queries.data}
        if not formula and len(named) != 1:
            unclear = f"{len(named)} queries and no formula over them"
        formula = formula or "".join(named)
        text = re.sub(r"[A-Za-z_]\w*", lambda word: f"({named[word[0]]})" if word[0] in named else word[0], formula)
    aggregator = fields.text("aggregator")
    has_other = aggregator not in ("", "last")
    loss = f"the aggregator {shown(aggregator)} over the interval is not modelled: the last point is read"
    return Read(kind, text, Shape.SCALAR, window_s, unclear=unclear, loss=loss if has_other else "")


def _cloudwatch(fields: Fields, kind: str) -> Read:
    """Return metric data queries as the reader of CloudWatch has them."""
    window_s, queries = _window_s(fields, kind), fields.raw("metricDataQueries")
    text = json.dumps(_plain(queries)) if queries else ""
    periods = [one for one in _periods(queries) if one > 0]
    points = window_s // min(periods) if periods else 1
    loss = f"{points} points of {min(periods)} s are answered, and only the newest is modelled" if points > 1 else ""
    return Read(kind, text, Shape.SERIES, window_s, loss=loss)


def _window_s(fields: Fields, kind: str) -> int:
    """Return how far back is looked, in seconds."""
    text = fields.text("interval")
    found_s = seconds(text) if text else Fraction(DEFAULT_WINDOW_S[kind])
    if found_s is None or not 0 < found_s <= LONGEST_S or found_s.denominator != 1:
        fields.error("bad-duration", "interval", f'"{shown(text)}" is no time to look back', 'write it like "5m"')
        return DEFAULT_WINDOW_S[kind]
    return int(found_s)


def _plain(data: Any) -> Any:
    """Return data for JSON; periods are numbers also where they are written as texts."""
    if isinstance(data, dict):
        return {str(key): (_whole(value) or value) if key == "period" else _plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_plain(one) for one in data]
    return float(data) if isinstance(data, Fraction) else data


def _periods(data: Any) -> list[int]:
    """Return the periods among some queries, in seconds."""
    if isinstance(data, list):
        return [period for one in data for period in _periods(one)]
    if not isinstance(data, dict):
        return []
    own = _whole(data.get("period"))
    return ([own] if own else []) + [period for one in data.values() for period in _periods(one)]


def _whole(value: Any) -> int:
    """Return a number of seconds, also of a text; 0 of anything else."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,6}", value, re.ASCII):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
