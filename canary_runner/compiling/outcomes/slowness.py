"""How many requests are slower than several latencies at once, given the total: nested counts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from canary_runner.compiling.outcomes.totals import Bools, Totals, lower_tails
from canary_runner.model.reasons import NotExact
from canary_runner.stats.distinct import distinct_columns
from canary_runner.stats.nested import Path, Tables, chances_within
from canary_runner.stats.outward import Floats, Ints

MOST_STEPS = 1 << 31
"""Joint latency classes times totals times `BRANCHES` for each percentile after the first: several seconds of work."""

BRANCHES = 5
"""So many times longer takes a question about one percentile more."""

AT_ONCE = 1 << 20
"""Cells that are handed on at a time, 8 MB."""

FEW = 4
"""Up to so many latencies of a single bound are asked one by one, without what nested counts need."""

IN_ONE_GO = 1 << 18
"""Cells worked on at a time: fewer stay in the processor's caches, more share their tables."""


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """How many of each total may be slower than a latency, for several latencies."""

    shares: Floats  # of the requests, slower than each latency, shape (choices,), none rising; the last is 0
    allowed: Ints  # shape (totals,)


def joint_chances(totals: Totals, bounds: Sequence[Bound]) -> Iterator[tuple[slice, Floats]]:
    """Yield P(each bound is first kept at a choice | total), shape choices + (totals,), in parts of the first choices.

    For one fixed latency and a last share of 0 these are the chances that it is kept, and that it is not; for the edges
    of classes and the allowance of a percentile, that the percentile lies in each class. Raises NotExact.
    """
    before: Floats = np.zeros((1, *(bound.shares.size for bound in bounds[1:]), totals.chances.size))
    for part, within in chances_of_all(totals, bounds):
        found = np.diff(np.concatenate((before, within)), axis=0)
        for axis in range(1, len(bounds)):
            found = np.diff(found, axis=axis, prepend=0.0)
        before = within[-1:]
        yield part, np.maximum(found, 0.0)


def chances_of_all(totals: Totals, bounds: Sequence[Bound]) -> Iterator[tuple[slice, Floats]]:
    """Yield P(all bounds are kept | total) for all choices, shape choices + (totals,), in parts of the first choices.

    There is at least one bound. Raises NotExact.
    """
    first, *others = bounds
    row = prod(bound.shares.size for bound in others) * totals.chances.size
    percentiles = len({bound.allowed.tobytes() for bound in bounds})
    most = MOST_STEPS // BRANCHES ** (percentiles - 1)
    if first.shares.size * row > most:
        raise NotExact(
            f"{percentiles} latency percentiles read at once have {first.shares.size * row:,} joint classes and totals,"
            f" more than {most:,}"
        )
    height = max(1, AT_ONCE // row)
    for begin in range(0, first.shares.size, height):
        part = slice(begin, begin + height)
        yield part, _for_all_choices(totals, [Bound(first.shares[part], first.allowed), *others])


def _for_all_choices(totals: Totals, bounds: Sequence[Bound]) -> Floats:
    """Return P(all bounds are kept | total), shape choices + (totals,)."""
    if len(bounds) == 1 and bounds[0].shares.size <= FEW:
        return _one_bound(totals, bounds[0])
    shape = tuple(bound.shares.size for bound in bounds)
    size = totals.chances.size
    shares = np.stack([grid.reshape(-1) for grid in np.meshgrid(*(b.shares for b in bounds), indexing="ij")])
    found = np.ones((shares.shape[1], size))
    shares = np.where(_is_implied(shares, bounds), 0.0, shares)
    order = np.argsort(-shares, axis=0, kind="stable")
    asked = np.where(np.take_along_axis(shares, order, 0) > 0, order, -1)  # the bounds from the lowest latency up
    firsts, group = distinct_columns(asked)
    for number, first in enumerate(firsts):
        chain = [int(i) for i in asked[:, first] if i >= 0]
        members = np.flatnonzero(group == number)
        if chain:
            found[members] = _nested(totals, shares[chain][:, members], np.stack([bounds[i].allowed for i in chain]))
    return found.reshape(*shape, size)


def _one_bound(totals: Totals, bound: Bound) -> Floats:
    """Return P(the bound is kept | total), shape (choices, totals)."""
    found = np.ones((bound.shares.size, totals.chances.size))
    some = bound.shares > 0
    if some.any():
        shares = bound.shares[some]
        found[some] = lower_tails(totals, shares, np.broadcast_to(bound.allowed, (shares.size, bound.allowed.size)))
    return found


def _is_implied(shares: Floats, bounds: Sequence[Bound]) -> Bools:
    """Tell which bounds others imply, shape of `shares`: those of a higher latency that allow as many requests."""
    found = np.zeros(shares.shape, np.bool_)
    for i, loose in enumerate(bounds):
        for j, strict in enumerate(bounds):
            if i != j and (loose.allowed >= strict.allowed).all():
                is_twin = j > i and bool((loose.allowed == strict.allowed).all())
                found[i] |= shares[i] < shares[j] if is_twin else shares[i] <= shares[j]
    return found


def _nested(totals: Totals, shares: Floats, allowed: Ints) -> Floats:
    """Return P(all counts are within | total), shape (batch, totals), for shares of shape (bounds, batch)."""
    firsts, which = distinct_columns(shares)
    found = np.empty((firsts.size, totals.chances.size))
    path = Path(0, len(shares) + 1, totals.numbers, allowed, int(np.argmax(totals.chances)))
    height = max(1, IN_ONE_GO // totals.chances.size)
    for begin in range(0, firsts.size, height):
        part = slice(begin, begin + height)
        found[part] = chances_within(Tables(totals.mean, shares[:, firsts[part]]), path)
    return found[which]
