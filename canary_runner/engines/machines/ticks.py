"""What both arms report tick by tick, drawn where some window reaches, and added up so that windows subtract.

A window that reaches back before the start reads what the stable version served then (`past`).
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.laws import arm_law
from canary_runner.compiling.series import BASELINE, CANARY
from canary_runner.engines.block import NEVER
from canary_runner.engines.draws import Words, WordsOf, draw, no_counts
from canary_runner.engines.machines.past import began, spans
from canary_runner.engines.streams import BLOCK, FEW, Purpose, Stream, Tap
from canary_runner.engines.weather import Weather
from canary_runner.engines.windows import BothArms, rows_of
from canary_runner.judges.counts import ArmCounts
from canary_runner.model.plan import Plan
from canary_runner.scenarios.world import ArmRates, Conditions

Ints = NDArray[np.int64]
Rows = NDArray[np.intp]

SERIAL = 0
"""The stage of the stream: a machine's words belong to ticks since the start, whatever segment a rollout is in."""


@dataclass(frozen=True, slots=True, eq=False)
class Tick:
    """One tick of a lone rollout, for those who tell of it."""

    number: int  # from 1; it covers the tick before that many ticks; up to 0 in the past
    segment: int
    ticks: int  # how many it covers: 1 but in the past
    conditions: Conditions
    counts: BothArms
    of_no_user: int = 0  # requests of the canary that are copies or load tests


@dataclass(slots=True)
class Ticks:
    """The draws of one block. Ticks come in order; what no window reaches is not drawn."""

    weather: Weather
    edges_us: tuple[int, ...]
    longest: int  # ticks in the longest window
    draws_baseline: bool
    reads_past: bool
    seed: int
    block: int
    rows: Rows
    kept: list[Tick] | None = None  # of a lone rollout that is watched
    _running: deque[tuple[int, BothArms]] = field(default_factory=deque)
    _words: "_Words" = field(init=False)
    _more_words: "_Words" = field(init=False)

    def __post_init__(self) -> None:
        self._words = _Words(Stream(self.seed, SERIAL, self.block), self.rows)
        self._more_words = _Words(Stream(self.seed, SERIAL, self.block, Purpose.NO_USER), self.rows)
        nothing = no_counts(len(self.edges_us), self.rows.size)
        self._running.append((0, (nothing, nothing)))

    def _draw_past(self, tick: int) -> None:
        """Draw what the stable version served since a tick before the start."""
        nothing, baseline = self._running.pop()[1]
        words = _Words(Stream(self.seed, SERIAL, self.block, Purpose.PAST), self.rows)
        everybody, tick_s = np.arange(self.rows.size), self.plan.stages[0].check_every_s
        self._running.append((began(tick), (nothing, baseline)))
        for after, number in spans(tick):
            conditions = self.weather.before_start(after * tick_s, number * tick_s)
            law = arm_law(self.plan.service, conditions.baseline, BASELINE, self.edges_us)
            counts = draw(law, words.of(-number, everybody), self.rows.size)
            baseline = baseline + counts
            self._running.append((number, (nothing, baseline)))
            if self.kept is not None:
                self.kept.append(Tick(number, 0, number - after, conditions, (nothing, counts)))

    @property
    def plan(self) -> Plan:
        """Return whose ticks these are."""
        return self.weather.plan

    def draw_until(self, tick: int, entered_ticks: Ints, alive: Rows) -> None:
        """Draw all that a window which ends with `tick` can read.

        Args:
            tick: the last one.
            entered_ticks: after which tick each segment was entered, (segments, rollouts); NEVER where it was not.
            alive: rollouts that go on, as indices into the rows.
        """
        if self.reads_past and len(self._running) == 1 and self._running[0][0] == 0 and tick < self.longest:
            self._draw_past(tick - self.longest)
        for number in range(max(self._running[-1][0], tick - self.longest) + 1, tick + 1):
            before = self._running[-1][1]
            counts = self._drawn(number, entered_ticks, alive)
            self._running.append((number, (before[0] + counts[0], before[1] + counts[1])))
        while len(self._running) > 1 and self._running[1][0] <= tick - self.longest:
            self._running.popleft()

    def window(self, tick: int, length: int, rows: Rows) -> BothArms:
        """Return what some rollouts reported in the last `length` ticks up to one that was drawn."""
        end = next(sums for number, sums in reversed(self._running) if number <= tick)
        start = next((s for number, s in reversed(self._running) if number <= tick - length), self._running[0][1])
        canary, baseline = (rows_of(a, rows) - rows_of(b, rows) for a, b in zip(end, start, strict=True))
        return canary, baseline

    def ever(self, rows: Rows) -> NDArray[np.bool_]:
        """Tell which rollouts' canaries have had a request in what was drawn."""
        found: NDArray[np.bool_] = self._running[-1][1][CANARY].requests[rows] > 0
        return found

    def _drawn(self, number: int, entered_ticks: Ints, alive: Rows) -> BothArms:
        found = (no_counts(len(self.edges_us), self.rows.size), no_counts(len(self.edges_us), self.rows.size))
        at = entered_ticks[:, alive]
        segments = ((at != NEVER) & (at < number)).sum(axis=0) - 1
        for segment in sorted(set(segments.tolist())):
            members = alive[segments == segment]
            for conditions, some in self._conditions(segment, number, entered_ticks, members):
                extra = self._of_no_user(segment, conditions, number, some)
                canary, baseline = self._of(conditions, number, some)
                counts = (canary + extra, baseline)
                for into, one in zip(found, counts, strict=True):
                    into.requests[some], into.errors[some], into.latency[:, some] = (
                        one.requests,
                        one.errors,
                        one.latency,
                    )
                if self.kept is not None:
                    self.kept.append(Tick(number, segment, 1, conditions, counts, int(extra.requests[0])))
        return found

    def _conditions(
        self, segment: int, number: int, entered_ticks: Ints, members: Rows
    ) -> list[tuple[Conditions, Rows]]:
        """Group rollouts in one segment by what is true of them."""
        stage, tick_s = self.plan.stages[segment], self.plan.stages[segment].check_every_s
        moments, groups = self.weather.moments(entered_ticks[: segment + 1, members] * tick_s)
        ages = number - entered_ticks[segment, members]
        which = np.zeros(members.size, np.int64) if groups is None else groups
        found: dict[int, tuple[Conditions, list[Rows]]] = {}  # equal conditions are the same object
        for group, age in sorted(set(zip(which.tolist(), ages.tolist(), strict=True))):
            conditions = self.weather.conditions(stage, moments[group], age)
            _, some = found.setdefault(id(conditions), (conditions, []))
            some.append(members[(which == group) & (ages == age)])
        return [(conditions, np.sort(np.concatenate(some))) for conditions, some in found.values()]

    def _of(self, conditions: Conditions, number: int, some: Rows) -> BothArms:
        service, words_of = self.plan.service, self._words.of(number - 1, some)
        canary = draw(arm_law(service, conditions.canary, CANARY, self.edges_us), words_of, some.size)
        if not self.draws_baseline:
            return canary, no_counts(len(self.edges_us), some.size)
        return canary, draw(arm_law(service, conditions.baseline, BASELINE, self.edges_us), words_of, some.size)

    def _of_no_user(self, segment: int, conditions: Conditions, number: int, some: Rows) -> ArmCounts:
        """Return what the canary makes of requests that no user sent."""
        rates = rates_of_no_user(self.plan, segment, conditions, self.plan.stages[segment].check_every_s)
        if rates is None:
            return no_counts(len(self.edges_us), some.size)
        law = arm_law(self.plan.service, rates, CANARY, self.edges_us)
        return draw(law, self._more_words.of(number - 1, some), some.size)


def rates_of_no_user(plan: Plan, segment: int, conditions: Conditions, length_s: int) -> ArmRates | None:
    """Return the canary's rates over copied and synthetic requests; None where a segment has none."""
    assert plan.machine is not None
    told = plan.machine.segments[segment]
    if not told.copied and not told.synthetic_rps:
        return None
    everybody = conditions.canary.requests + conditions.baseline.requests
    requests = told.copied * everybody + told.synthetic_rps * length_s
    return replace(conditions.canary, requests=requests, carried=Fraction(0))


class _Words:
    """The words of a block, each series of a tick fetched once."""

    def __init__(self, stream: Stream, rows: Rows) -> None:
        self._stream, self._rows = stream, rows
        self._tap = None if rows.size <= FEW else Tap(stream)
        self._tick, self._known = -1, dict[int, Words]()

    def of(self, tick: int, some: Rows) -> WordsOf:
        """Return the words of some rollouts, indices into the rows."""
        if self._tap is None:
            return lambda series: self._stream.words(tick, series, self._rows[some])
        tap, places = self._tap, None if some.size == BLOCK else self._rows[some]
        if tick != self._tick:
            self._tick, self._known = tick, {}

        def words_of(series: Sequence[int]) -> Iterator[Words]:
            for one in series:
                if one not in self._known:
                    (self._known[one],) = tap.words(tick, [one], None)
                yield self._known[one] if places is None else self._known[one].take(places)

        return words_of
