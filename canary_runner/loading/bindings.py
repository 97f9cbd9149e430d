"""What a metric measures, said by its owner: in a file, or by `--bind NAME=error_ratio,window=1m,arm=canary`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from canary_runner.loading.kinds import schema_of
from canary_runner.loading.quantities import DURATION
from canary_runner.loading.schema import validate_document
from canary_runner.loading.words import listed
from canary_runner.model.diagnostics import Diagnostic, Document, UsageError, error_at
from canary_runner.model.query import Answer, Measures, NoData, Query, Sees
from canary_runner.model.shown import shown

EXAMPLE: Final = "success-rate=success_ratio,window=5m,arm=canary"

_ARMS: Final = {"canary": Sees.CANARY, "baseline": Sees.BASELINE, "both": Sees.BOTH}
_ANSWERS: Final[Mapping[str, Answer]] = {"nan": NoData.NAN, "nothing": NoData.EMPTY, "zero": 0.0}
_OF_RATIO: Final = {"ratio": Fraction(1), "percent": Fraction(100)}
_OF_LATENCY: Final = {"s": Fraction(1), "ms": Fraction(1000)}
_OF_COUNT: Final = ("count", "per_second", "per_minute")


@dataclass(frozen=True, slots=True)
class Binding:
    """What the number of a metric is."""

    measures: Measures
    sees: Sees
    unit: str
    window_s: int | None = None  # None: as the manifest says beside the query
    quantile: Fraction | None = None
    idle: Answer | None = None  # None: as the provider does
    unborn: Answer = NoData.EMPTY

    def query(self, window_s: int | None, provider: str) -> Query | None:
        """Return the query that it means; `window_s` is the manifest's. None: neither of them says a window."""
        window_s = self.window_s or window_s
        if window_s is None:
            return None
        of_provider = NoData.NAN if provider == "prometheus" else NoData.EMPTY
        is_count = self.measures in (Measures.REQUESTS, Measures.ERRORS)
        idle = of_provider if self.idle is None else self.idle
        counts_idle = is_count and self.idle is not None and isinstance(self.idle, NoData)
        if is_count and not counts_idle:
            idle = NoData.NAN  # a count without requests is 0
        factor = _factor(self.unit, window_s)
        return Query(self.measures, window_s, self.sees, factor, self.quantile, idle, self.unborn, counts_idle)


def bindings_from(document: Document) -> dict[str, Binding]:
    """Return the bindings in a document without findings, by the name of their metric."""
    data: Any = document.data
    return {name: _binding(one) for name, one in data["bindings"].items()}


def binding_findings(document: Document) -> list[Diagnostic]:
    """Return the semantic findings about bindings: units that are none of what is measured."""
    data: Any = document.data
    found = data.get("bindings") if isinstance(data, dict) else None
    return list(_unfit(found)) if isinstance(found, dict) else []


def binding_of(text: str) -> tuple[str, Binding]:
    """Return the metric's name and its meaning from `NAME=error_ratio,window=1m,arm=canary`. Raises UsageError."""
    name, equals, said = text.partition("=")
    measures, *options = said.split(",")
    if not name or not equals or not measures:
        raise UsageError(f'--bind "{shown(text)}" does not say which metric is what', f"write {EXAMPLE}")
    data: dict[str, str] = {"measures": measures}
    for option in options:
        key, _, value = option.partition("=")
        if key in data:
            raise UsageError(f"--bind {shown(name)}: {shown(key)} is said twice", "keep one of them")
        data[key] = value
    document = Document("--bind", data={"schema": schema_of("bindings"), "bindings": {name: data}})
    findings = validate_document(document, "bindings") or binding_findings(document)
    if findings:
        raise UsageError(f"--bind {shown(name)}: {findings[0].message}", findings[0].help)
    return name, _binding(data)


def _unfit(bindings: Mapping[str, Any]) -> Iterator[Diagnostic]:
    for name, one in bindings.items():
        if not isinstance(one, dict) or not isinstance(measures := one.get("measures"), str):
            continue
        units, unit = _units(measures), one.get("unit")
        if unit is not None and unit not in units:
            message = f"{shown(str(unit))} is no unit of {shown(measures)}"
            yield error_at("unit-unfit", ("bindings", name, "unit"), message, f"write {listed(units)}")


def _units(measures: str) -> list[str]:
    """Return the units of a measure, the one first that need not be said."""
    if measures.startswith("latency"):
        return list(_OF_LATENCY)
    return list(_OF_RATIO if measures.endswith("ratio") else _OF_COUNT)


def _factor(unit: str, window_s: int) -> Fraction:
    by_time = {"count": Fraction(1), "per_second": Fraction(1, window_s), "per_minute": Fraction(60, window_s)}
    return {**_OF_RATIO, **_OF_LATENCY, **by_time}[unit]


def _binding(data: Mapping[str, str]) -> Binding:
    measures, _, percent = data["measures"].partition("_p")
    return Binding(
        measures=Measures.LATENCY_QUANTILE if percent else Measures[measures.upper()],
        sees=_ARMS[data["arm"]],
        unit=data.get("unit", _units(measures)[0]),
        window_s=DURATION.parse(data["window"]) if "window" in data else None,
        quantile=Fraction(percent) / 100 if percent else None,
        idle=_ANSWERS[data["without_requests"]] if "without_requests" in data else None,
        unborn=_ANSWERS[data.get("before_first_request", "nothing")],
    )
