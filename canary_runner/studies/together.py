"""Several plans walked with the same luck: the histories of each, and what ties its values to the first plan's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from canary_runner.engines.counting import Table, Which, merged, numbered_histories, paths_of
from canary_runner.model.plan import Plan
from canary_runner.stats.comoments import Comoments, added, comoments
from canary_runner.stats.distinct import distinct_columns
from canary_runner.stats.outward import Floats
from canary_runner.studies.crew import in_order
from canary_runner.studies.estimates import Sample
from canary_runner.studies.quantities import QUANTITIES, Kind, Quantity
from canary_runner.studies.sampling import Stopped, block_numbers
from canary_runner.studies.study import Way

PAIRED: Final = tuple(one for one in QUANTITIES.values() if one.kind in (Kind.CHANCE, Kind.MEAN))
"""What is paired run by run: chances and means."""

PLACES: Final = {quantity.at: place for place, quantity in enumerate(PAIRED)}
"""Where the comoments of a number stand, by its path."""


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """What rollouts of several plans did with the same luck; memory does not grow with their number."""

    tables: tuple[Table, ...]  # histories of each plan
    ties: Comoments  # (4, plans but the first, PAIRED), over the runs that count in both


def walk_together(plans: tuple[Plan, ...], seed: int, block: int, rows: int) -> Together:
    """Walk the first `rows` rollouts of a block by every plan: rollout k of each has the same luck."""
    walked = [numbered_histories(plan, seed, block, rows) for plan in plans]
    values = [
        [_counted(quantity, plan, table) for quantity in PAIRED] for plan, (table, _) in zip(plans, walked, strict=True)
    ]
    ties = [
        _ties(values[0], other, *_pairs(walked[0][1], which))
        for other, (_, which) in zip(values[1:], walked[1:], strict=True)
    ]
    return Together(tuple(table for table, _ in walked), np.array(ties).transpose(2, 0, 1))


def _counted(quantity: Quantity, plan: Plan, table: Table) -> tuple[NDArray[np.bool_], Floats]:
    """Return which histories count, and their values; of a chance those in which it happens count."""
    chosen, values = quantity.values(plan, paths_of(table))
    return (values > 0, values) if quantity.is_chance else (chosen, values)


def _pairs(first: Which, second: Which) -> tuple[NDArray[np.int64], Floats]:
    """Return the distinct pairs of histories, shape (2, pairs), and how many rollouts have each."""
    both = np.vstack((first, second)).astype(np.int64)
    places, which = distinct_columns(both)
    return both[:, places], np.bincount(which, minlength=places.size).astype(np.float64)


def _ties(
    first: Sequence[tuple[NDArray[np.bool_], Floats]],
    second: Sequence[tuple[NDArray[np.bool_], Floats]],
    pairs: NDArray[np.int64],
    weights: Floats,
) -> list[tuple[float, float, float, float]]:
    found = []
    for (one_counts, one), (other_counts, other) in zip(first, second, strict=True):
        both = one_counts[pairs[0]] & other_counts[pairs[1]]
        found.append(comoments(weights[both], one[pairs[0, both]], other[pairs[1, both]]))
    return found


def sample_together(plans: Sequence[Plan], way: Way) -> tuple[tuple[Sample, ...], Comoments]:
    """Walk plans side by side until every one's effort is enough: blocks are added in order, as a study does.

    Returns a sample of each plan, all of the same rollouts, and the ties of the others to the first. Raises Stopped.
    """
    asked, runs, found = tuple(plans), 0, None
    calls = ((asked, way.seed, block, rows) for block, rows in block_numbers(way.effort, 0))
    try:
        for (_, _, _, rows), block in in_order(way.workers, walk_together, calls):
            found, runs = block if found is None else _sum(found, block), runs + rows
            if way.progress:
                way.progress(runs, way.effort.runs)
            if all(way.effort.is_enough(table, runs) for table in found.tables):
                break
    except KeyboardInterrupt:
        raise Stopped(None) from None
    assert found is not None
    return tuple(Sample(paths_of(table), runs) for table in found.tables), found.ties


def _sum(one: Together, other: Together) -> Together:
    tables: Iterable[Table] = map(merged, zip(one.tables, other.tables, strict=True))
    return Together(tuple(tables), added(one.ties, other.ties))
