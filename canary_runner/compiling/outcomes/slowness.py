"""How many requests are slower than several thresholds at once, given the total: nested counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

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
        within = lower_tails(totals, np.array([thresholds[0].share]), thresholds[0].allowed[None])[0]
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
    """Carry the chances of counts beyond the lowest threshold to those beyond the next, pattern by pattern."""
    counts, chances = given_totals(totals, numbers, thresholds[0].share)
    is_over = counts > thresholds[0].allowed[at][:, None]
    held = np.stack((np.where(is_over, 0.0, chances), np.where(is_over, chances, 0.0)))  # (patterns, nodes, counts)
    for before, one in pairwise(thresholds):
        following = min(one.share / before.share, 1.0) if before.share > 0 else 0.0
        after, step = dense(binomial_laws(counts, following))
        allowed = one.allowed[at]
        if one is thresholds[-1]:
            until = np.concatenate((np.zeros((counts.size, 1)), np.cumsum(step, axis=1)), axis=1)
            within = until[:, np.clip(allowed - after[0] + 1, 0, after.size)].T
            held = np.stack((held * within, held * np.maximum(1 - within, 0.0)), axis=1)
        else:
            moved = np.einsum("pns,st->pnt", held, step)
            is_over = after > allowed[:, None]
            held = np.stack((np.where(is_over, 0.0, moved), np.where(is_over, moved, 0.0)), axis=1)
            counts = after
        held = held.reshape(-1, *held.shape[2:])
    return sums(held, 2).reshape((2,) * len(thresholds) + (numbers.size,))
