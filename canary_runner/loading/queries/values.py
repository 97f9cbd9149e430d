"""What a part of a query is: a flow of requests, or a measurement; each knows what it is where there are no data."""

from dataclasses import dataclass, replace
from fractions import Fraction

from canary_runner.loading.queries.answers import UnclearError
from canary_runner.loading.queries.arms import Matcher
from canary_runner.loading.queries.codes import Part
from canary_runner.loading.queries.metrics import is_of_requests, refuse_ratio
from canary_runner.model.query import Answer, Measures, NoData, Query, Sees


@dataclass(frozen=True, slots=True)
class Flow:
    """`factor` times how many requests of a part ended in a window."""

    name: str
    part: Part
    others: frozenset[Matcher]  # conditions that are not about the answer
    sees: Sees
    window_s: int
    factor: Fraction
    by: frozenset[str] | None = None  # labels that tell its series apart; None: whatever labels there are
    idle: Answer = 0.0
    unborn: Answer = NoData.EMPTY
    zero_is_missing: bool = False
    labels: frozenset[str] = frozenset()  # that its one series has: an aggregation kept them, a matcher fixed them

    def scaled(self, factor: Fraction) -> "Flow":
        """Return `factor` times it."""
        idle, unborn = (_scaled(one, factor, Fraction(0)) for one in (self.idle, self.unborn))
        return replace(self, factor=self.factor * factor, idle=idle, unborn=unborn)

    def measured(self) -> "Measured":
        """Return it as a measurement; raises UnclearError where nobody knows that it counts requests."""
        if self.part is Part.SUCCESSES:
            raise UnclearError(f"a count of {self.part.value} has no meaning here")
        if self.by != frozenset():
            raise UnclearError(f"{self.name} gives a number for each series: wrap it in sum(...)")
        if self.part is Part.ALL and not is_of_requests(self.name):
            raise UnclearError(f"what {self.name} counts is not known")
        measures = Measures.REQUESTS if self.part is Part.ALL else Measures.ERRORS
        return Measured(
            measures,
            self.sees,
            self.window_s,
            self.factor,
            idle=self.idle,
            unborn=self.unborn,
            zero_is_missing=self.zero_is_missing,
            labels=self.labels,
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """`shift` plus `factor` times what is measured: one number."""

    measures: Measures
    sees: Sees
    window_s: int
    factor: Fraction = Fraction(1)
    shift: Fraction = Fraction(0)
    quantile: Fraction | None = None
    idle: Answer = NoData.NAN
    unborn: Answer = NoData.EMPTY
    zero_is_missing: bool = False  # where what is measured is 0 there is no number
    labels: frozenset[str] = frozenset()  # that its one series has

    def query(self) -> Query:
        """Return what it measures; raises UnclearError where that has no name."""
        measures, factor = self.measures, self.factor
        if self.shift and self.zero_is_missing:
            raise UnclearError(f"no datapoint where {measures.value} is 0: write FILL(..., 0) around its metric")
        if self.shift:
            opposite = {
                Measures.ERROR_RATIO: Measures.SUCCESS_RATIO,
                Measures.SUCCESS_RATIO: Measures.ERROR_RATIO,
            }.get(measures)
            if opposite is None or self.shift != -factor:
                raise UnclearError(f"{_written(self.shift)} is added to {factor} times {measures.value}")
            measures, factor = opposite, -factor
        if factor <= 0:
            raise UnclearError(f"it is {_written(factor)} times {measures.value}")
        is_count = measures in (Measures.REQUESTS, Measures.ERRORS)
        if not is_count or self.idle is NoData.EMPTY:
            known = (self.quantile, self.idle, self.unborn, is_count, self.zero_is_missing)
            return Query(measures, self.window_s, self.sees, factor, *known)
        if self.idle != 0:
            raise UnclearError(f"a count that is {self.idle} without requests is not modelled")
        return Query(measures, self.window_s, self.sees, factor, unborn=self.unborn)

    def bounds(self) -> tuple[Fraction, Fraction | None]:
        """Return the least and the most that it can be; None: no bound."""
        if self.measures in (Measures.ERROR_RATIO, Measures.SUCCESS_RATIO):
            ends = sorted((self.shift, self.shift + self.factor))
            return ends[0], ends[1]
        return self.shift, None

    def scaled(self, factor: Fraction, shift: Fraction = Fraction(0)) -> "Measured":
        """Return `shift` plus `factor` times it."""
        idle, unborn = (_scaled(one, factor, shift) for one in (self.idle, self.unborn))
        return replace(self, factor=self.factor * factor, shift=self.shift * factor + shift, idle=idle, unborn=unborn)


def ratio(part: Flow, whole: Flow) -> Measured:
    """Return the ratio of two flows; raises UnclearError where it is none of errors or successes to requests."""
    _refuse_strangers(part, whole)
    refuse_ratio(part.name, whole.name)
    if whole.part is not Part.ALL or part.part is Part.ALL:
        raise UnclearError(f"{part.part.value} divided by {whole.part.value}")
    measures = Measures.ERROR_RATIO if part.part is Part.ERRORS else Measures.SUCCESS_RATIO
    factor = part.factor / whole.factor
    idle, unborn = _divided(part.idle, whole.idle), _divided(part.unborn, whole.unborn)
    return Measured(
        measures,
        part.sees,
        part.window_s,
        factor,
        idle=idle,
        unborn=unborn,
        zero_is_missing=part.zero_is_missing,
        labels=part.labels,
    )


def combined(left: Flow, right: Flow, operator: str) -> Flow:
    """Return the sum or the difference of two flows of the same requests."""
    _refuse_strangers(left, right)
    parts = {
        ("-", Part.ALL, Part.ERRORS): Part.SUCCESSES,
        ("-", Part.ALL, Part.SUCCESSES): Part.ERRORS,
        ("+", Part.ERRORS, Part.SUCCESSES): Part.ALL,
        ("+", Part.SUCCESSES, Part.ERRORS): Part.ALL,
    }
    found = parts.get((operator, left.part, right.part))
    if found is None or left.name != right.name or left.factor != right.factor:
        raise UnclearError(f"{left.name} {operator} {right.name}")
    if (left.zero_is_missing and left.part is not Part.ALL) or (right.zero_is_missing and right.part is not Part.ALL):
        raise UnclearError(f"no datapoint where {right.name} is 0: write FILL(..., 0) around its metric")
    unborn = NoData.EMPTY if NoData.EMPTY in (left.unborn, right.unborn) else left.unborn
    return replace(left, part=found, unborn=unborn)


def _refuse_strangers(left: Flow, right: Flow) -> None:
    """Refuse two flows that do not read the same requests."""
    if left.sees is not right.sees:
        raise UnclearError(f"one side reads {left.sees.value}, the other {right.sees.value}")
    if left.window_s != right.window_s:
        raise UnclearError(f"one side reads {left.window_s}s, the other {right.window_s}s")
    if left.by is None or right.by is None:
        raise UnclearError(f"{left.name} gives a number for each series: wrap both sides in sum(...)")
    if left.by or right.by:
        label = sorted(left.by | right.by)[0]
        raise UnclearError(f"sum by ({label}) gives a number for each {label}")
    if left.others != right.others:
        different = sorted(left.others ^ right.others, key=str)[0]
        raise UnclearError(f"{different} stands on one side only")


def _divided(part: Answer, whole: Answer) -> Answer:
    if NoData.EMPTY in (part, whole):
        return NoData.EMPTY
    if isinstance(part, NoData) or isinstance(whole, NoData):
        return NoData.NAN
    return NoData.NAN if whole == 0 else part / whole


def _scaled(answer: Answer, factor: Fraction, shift: Fraction) -> Answer:
    return answer if isinstance(answer, NoData) else float(Fraction(answer) * factor + shift)


def _written(number: Fraction) -> str:
    return f"{float(number):g}"
