"""A lone rollout, all of it: the ticks that decided, and between them the time that nobody looked at.

What no window reaches was not drawn for the decisions; it is drawn here in one piece, from words of its own.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from canary_runner.compiling.laws import arm_law
from canary_runner.compiling.series import BASELINE, CANARY
from canary_runner.engines.block import NEVER, Walks
from canary_runner.engines.detail import Detail, Interval, Question
from canary_runner.engines.draws import draw, no_counts
from canary_runner.engines.machines.ticks import SERIAL, Tick, rates_of_no_user
from canary_runner.engines.machines.walk import Rig
from canary_runner.engines.metrics import SHOWN
from canary_runner.engines.streams import BLOCK, Purpose, Stream
from canary_runner.engines.windows import BothArms
from canary_runner.judges.counts import ArmCounts
from canary_runner.model.histogram import fine_edges_us
from canary_runner.model.results import ArmMetrics
from canary_runner.scenarios.latency import mixed_chances
from canary_runner.scenarios.world import ArmRates, Conditions, Moment

ARMS = (CANARY, BASELINE)
REST_OF = {Purpose.REST: SERIAL, Purpose.NO_USER: SERIAL + 1}
"""The stage of the stream of what lies between ticks; the ticks' own copies have the first one."""
PAST = SERIAL + 1
"""The stage of the stream of what is only shown of the time before the rollout."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A part of a rollout, within one segment; or of the time before it, which is told as of the first."""

    begin_s: int
    end_s: int
    segment: int
    conditions: Conditions
    counts: BothArms
    of_no_user: int  # requests of the canary that are copies or load tests


@dataclass(frozen=True, slots=True)
class Stay:
    """The time that a rollout spent in one segment."""

    segment: int
    begin_s: int
    end_s: int


def stays(walks: Walks) -> list[Stay]:
    """Return where a lone rollout was, segments that it only passed included."""
    entered = [(int(at_s), index) for index, at_s in enumerate(walks.entered_at_s[:, 0]) if at_s != NEVER]
    ends = [*(at_s for at_s, _ in entered[1:]), int(walks.ended_at_s[0])]
    return [Stay(index, at_s, end) for (at_s, index), end in zip(entered, ends, strict=True)]


def pieces(rig: Rig, seed: int, run: int, ticks: Sequence[Tick], spent: Sequence[Stay]) -> list[Piece]:
    """Return all pieces of a lone rollout, in order, without gaps."""
    tick_s = rig.machine.tick_s
    found: list[Piece] = []
    drawn = {tick.number: tick for tick in ticks}
    for stay in spent:
        at_s = stay.begin_s
        for number in range(stay.begin_s // tick_s + 1, stay.end_s // tick_s + 1):
            tick = drawn.get(number)
            if tick is None:
                continue
            begin_s = (number - 1) * tick_s
            found += _rest(rig, (seed, run), spent, stay, (at_s, begin_s))
            at_s = number * tick_s
            found.append(Piece(begin_s, at_s, stay.segment, tick.conditions, tick.counts, tick.of_no_user))
        found += _rest(rig, (seed, run), spent, stay, (at_s, stay.end_s))
    return found


def past_of(rig: Rig, ticks: Sequence[Tick]) -> list[Piece]:
    """Return what was drawn of the time before the rollout, in order."""
    tick_s = rig.machine.tick_s
    return [
        Piece((one.number - one.ticks) * tick_s, one.number * tick_s, one.segment, one.conditions, one.counts, 0)
        for one in ticks
        if one.number <= 0
    ]


def moment_of(rig: Rig, spent: Sequence[Stay], stay: Stay) -> Moment:
    """Return the part of a lone rollout's past on which the conditions of a stay depend."""
    entered = np.array([[one.begin_s] for one in spent if one.segment <= stay.segment], np.int64)
    return rig.weather.moments(entered)[0][0]


def _rest(
    rig: Rig, luck: tuple[int, int], spent: Sequence[Stay], stay: Stay, span_s: tuple[int, int]
) -> Iterator[Piece]:
    """Draw what lies between two moments of a stay, if anything does."""
    (seed, run), (begin_s, end_s) = luck, span_s
    if begin_s == end_s:
        return
    (block, row), begin = divmod(run, BLOCK), begin_s // rig.machine.tick_s
    moment = moment_of(rig, spent, stay)
    ages_s = begin_s - stay.begin_s, end_s - stay.begin_s
    conditions = rig.weather.between(rig.plan.stages[stay.segment], moment, *ages_s)
    extra_rates = rates_of_no_user(rig.plan, stay.segment, conditions, end_s - begin_s)

    def drawn(rates: ArmRates | None, arm: int, purpose: Purpose) -> ArmCounts:
        if rates is None:
            return no_counts(len(rig.edges_us), 1)
        stream = Stream(seed, REST_OF[purpose], block, purpose)
        law = arm_law(rig.plan.service, rates, arm, rig.edges_us)
        return draw(law, lambda series: stream.words(begin, series, np.array([row])), 1)

    canary, baseline = (
        drawn(conditions.canary, CANARY, Purpose.REST),
        drawn(conditions.baseline, BASELINE, Purpose.REST),
    )
    extra = drawn(extra_rates, CANARY, Purpose.NO_USER)
    yield Piece(begin_s, end_s, stay.segment, conditions, (canary + extra, baseline), int(extra.requests[0]))


Span = tuple[int, int]
"""From one moment to another, seconds; both at the ends of pieces."""

Wanted = tuple[tuple[int, ...], Span, Fraction]
"""A percentile: of which arms taken together, over which span, which quantile."""


def shown(span: Span) -> Iterator[Wanted]:
    """Yield the percentiles of both arms that a report shows."""
    yield from (((arm,), span, quantile) for arm in ARMS for quantile in SHOWN)


class Reports:
    """What the arms of a lone rollout reported over any of its times, percentiles from the fine histogram."""

    def __init__(self, rig: Rig, seed: int, run: int, found: Sequence[Piece]) -> None:
        self._pieces = found
        fine = fine_edges_us(rig.edges_us)
        intervals = [_interval(rig, piece, arm, fine) for piece in found for arm in ARMS]
        block, row = divmod(run, BLOCK)
        self._detail = Detail((seed, block, row), intervals, fine)
        self._read: dict[Wanted, int | None] = {}

    def read(self, wanted: Iterable[Wanted]) -> None:
        """Read percentiles, all at once, for `arm` and `percentile_us` to return."""
        keys = list(dict.fromkeys(wanted))
        members = [tuple(2 * i + arm for i in self._within(span) for arm in arms) for arms, span, _ in keys]
        questions = [Question(some, quantile) for some, (_, _, quantile) in zip(members, keys, strict=True) if some]
        found = iter(self._detail.percentiles_us(questions))
        self._read.update({key: next(found) if some else None for key, some in zip(keys, members, strict=True)})

    def arm(self, arm: int, span: Span) -> ArmMetrics:
        """Return what one arm reported over a span that was read."""
        counts = [self._pieces[i].counts[arm] for i in self._within(span)]
        return ArmMetrics(
            sum(int(one.requests[0]) for one in counts),
            sum(int(one.errors[0]) for one in counts),
            *(self.percentile_us((arm,), span, quantile) for quantile in SHOWN),
        )

    def percentile_us(self, arms: tuple[int, ...], span: Span, quantile: Fraction) -> int | None:
        """Return a percentile that was read, None where these arms reported nothing."""
        return self._read[arms, span, quantile]

    def _within(self, span: Span) -> list[int]:
        begin_s, end_s = span
        return [i for i, one in enumerate(self._pieces) if begin_s <= one.begin_s and one.end_s <= end_s]


def _interval(rig: Rig, piece: Piece, arm: int, fine_edges: tuple[int, ...]) -> Interval:
    rates = piece.conditions.canary if arm == CANARY else piece.conditions.baseline
    return Interval(
        stage=SERIAL if piece.begin_s >= 0 else PAST,  # ticks are counted through all segments
        analysis=abs(piece.begin_s) // rig.machine.tick_s,
        arm=arm,
        edges_us=rig.edges_us,
        counts=piece.counts[arm].latency[:, 0],
        fine_chances=mixed_chances(rig.plan.service.latency, rates.slowness, fine_edges),
    )
