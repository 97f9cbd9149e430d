"""How many requests are slower than several thresholds at once, given the total: nested counts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.outcomes.totals import Totals, dense, given_totals, lower_tails, sums
from canary_runner.stats.laws import binomial_laws
from canary_runner.stats.nodes import nodes
from canary_runner.stats.outward import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Threshold:
    """A latency that a share of the requests exceeds, and how many of each total may."""

    share: float
    allowed: Ints  # shape (totals,)


def exceeding(totals: Totals, thresholds: Sequence[Threshold]) -> Floats:
    """Return the chances of which thresholds are exceeded by more than allowed, shape (2,) * thresholds + (totals,).

    The slowest requests are among the slower ones: given the count s beyond one threshold, the count beyond the next
    higher is binomial of s. One threshold needs no such step and is exact for every total; several are interpolated
    between totals where no allowance moves.
    """
    if not thresholds:
        return np.ones(totals.chances.size)
    if len(thresholds) == 1:
        within = lower_tails(totals, thresholds[0].share, thresholds[0].allowed)
        return np.stack((within, 1 - within))
    order = sorted(range(len(thresholds)), key=lambda i: -thresholds[i].share)
    jumps = np.zeros(totals.chances.size, np.bool_)
    for one in thresholds:
        jumps |= np.append(True, np.diff(totals.numbers - one.allowed) != 1) & np.append(
            True, np.diff(one.allowed) != 0
        )
    chosen = nodes(totals.chances.size, jumps, max(1, int(totals.deviation)))
    at_nodes = _chain(totals, totals.numbers[chosen.at], [thresholds[i] for i in order], chosen.at)
    flat = at_nodes.reshape(-1, chosen.at.size)
    everywhere = np.stack([sums(chosen.fine * row[chosen.used], 1) for row in flat])
    return np.moveaxis(everywhere.reshape((*at_nodes.shape[:-1], -1)), range(len(order)), order)


def _chain(totals: Totals, numbers: Ints, thresholds: Sequence[Threshold], at: NDArray[np.intp]) -> Floats:
    counts, chances = given_totals(totals, numbers, thresholds[0].share)
    held = chances[None]  # (patterns, nodes, counts)
    for i, one in enumerate(thresholds):
        is_over = counts > one.allowed[at][:, None]
        held = np.stack((np.where(is_over, 0.0, held), np.where(is_over, held, 0.0)), axis=1)
        held = held.reshape(-1, *chances.shape[:1], counts.size)
        if i + 1 < len(thresholds):
            following = thresholds[i + 1].share / one.share if one.share > 0 else 0.0
            counts, step = dense(binomial_laws(counts, min(following, 1.0)))
            held = np.stack([_moved(pattern, step.T) for pattern in held])
    return sums(held, 2).reshape((2,) * len(thresholds) + (numbers.size,))


def _moved(held: Floats, step: Floats) -> Floats:
    """Return held @ step in a fixed order of sums: step has shape (counts before, counts after) transposed."""
    found = np.empty((held.shape[0], step.shape[0]))
    for i, row in enumerate(held):
        reach = np.flatnonzero(row)
        found[i] = sums(step[:, reach] * row[reach], 1) if reach.size else 0.0
    return found
