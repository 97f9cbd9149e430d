"""Counts inside counts: the chance that several nested binomial counts all keep within bounds, along a path of bounds.

Of t requests S_1 are beyond one point, S_2 <= S_1 of them beyond a farther one, and so on. H(t; c_1, ...) is the chance
that S_k <= c_k for every k. Values along a path are the first one plus changes, and every change is a step of 1:

    c_k grows by 1   H gains  P(S_k = c_k + 1, S_l <= c_l for all other l | t)
    t grows by 1     H loses  sum over k of  share_k P(S_k = c_k, S_l < c_l for l < k, S_l <= c_l for l > k | t)

as one more request breaks a bound exactly if it lies beyond a point whose bound is reached: the sum goes over the first
such point. Given S_k = c what lies before point k and what lies beyond it are independent, with t - c and c requests:
the chances on the right are binomial probabilities times the same question with fewer points. Nothing is interpolated.

Counts between two points x and y of m expected requests are taken from Poisson tables, P(S_k = c | t requests between
u and v) = Poi(t - c; u, k) Poi(c; k, v) / Poi(t; u, v): + - * / only, and every question shares the tables.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from canary_runner.stats.distinct import distinct_columns
from canary_runner.stats.laws import poisson_laws
from canary_runner.stats.outward import Floats, Ints

Places = NDArray[np.intp]

NEAR_END = 1e-10
"""Trials less probable than this share of the likeliest are too near to where tables end (1e-20) to start from."""


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """Questions about the counts between the points `first` and `last`, one a column.

    From place to place neither trials nor bounds fall, in what others ask; tables end, and a path that leaves them and
    comes back another way would bring back another value.
    """

    first: int
    last: int
    trials: Ints  # requests between them, shape (places,)
    allowed: Ints  # how many of these may lie beyond each point in between, shape (last - first - 1, places)
    start: int  # the place whose value is summed, where the trials have a chance: the others are reached from it

    @property
    def points(self) -> range:
        """Return the points in between."""
        return range(self.first + 1, self.last)


class Tables:
    """The Poisson laws of the counts between any two points, for a whole batch of points."""

    def __init__(self, mean: float, beyond: Floats) -> None:
        """Take the expected number of requests and the shares beyond each point, shape (points, batch), none rising."""
        size = beyond.shape[1]
        self.batch = size
        self._mean = mean
        self._beyond = np.concatenate((np.ones((1, size)), beyond, np.zeros((1, size))))
        self._known: dict[tuple[int, int], tuple[Ints, Floats, Places]] = {}

    def some(self, part: slice) -> "Tables":
        """Return the tables of a part of the batch."""
        return Tables(self._mean, self._beyond[1:-1, part])

    def share(self, first: int, point: int, last: int) -> Floats:
        """Return the share, among the requests between two points, of those beyond a third, shape (batch, 1)."""
        below, here, above = (self._beyond[i] for i in (first, point, last))
        whole = below - above
        found = np.divide(here - above, whole, out=np.zeros(self.batch), where=whole > 0)
        column: Floats = found[:, None]
        return column

    def between(self, first: int, last: int, counts: Ints) -> Floats:
        """Return the chances of counts between two points, shape (batch, places)."""
        span, table, which = self._table(first, last)
        columns = np.where((counts >= span[0]) & (counts < span[1]), counts - span[0], span[1] - span[0])
        found: Floats = table.take(columns, axis=1).take(which, axis=0)
        return found

    def least(self, first: int, last: int) -> int:
        """Return the smallest count between two points that has a chance."""
        return int(self._table(first, last)[0][0])

    def _table(self, first: int, last: int) -> tuple[Ints, Floats, Places]:
        """Return first count and end, the distinct laws over these counts and a last 0, and which is whose."""
        if (first, last) not in self._known:
            means = self._mean * np.maximum(self._beyond[first] - self._beyond[last], 0.0)
            own, which = distinct_columns(means[None])
            laws = poisson_laws(means[own])
            low, high = int(laws.first.min()), int((laws.first + laws.widths).max())
            table = np.zeros((own.size, high - low + 1))
            row = np.repeat(np.arange(own.size), laws.widths)
            column = np.arange(laws.probabilities.size) + np.repeat(laws.first - low - laws.starts[:-1], laws.widths)
            table[row, column] = laws.probabilities
            self._known[first, last] = np.array([low, high]), table, which
        return self._known[first, last]


def chances_within(tables: Tables, path: Path) -> Floats:
    """Return P(every count is within its bound) for every question of a path, shape (batch, places)."""
    if not path.points:
        return np.ones((tables.batch, path.trials.size))
    at = np.concatenate((path.allowed, path.trials[None]))  # the last coordinate are the trials
    which, sign, before, reached = _moves(at)
    value = _at_start(tables, path)
    changes = np.zeros((tables.batch, which.size + 1))
    for coordinate in range(at.shape[0]):
        moves = np.flatnonzero(which == coordinate)
        if moves.size:
            here = Path(path.first, path.last, before[-1, moves], before[:-1, moves], 0)
            changes[:, moves + 1] = sign[moves] * _change(tables, here, coordinate, sign[moves])
    running = np.cumsum(changes, axis=1)
    origin = running[:, reached[path.start]][:, None]
    found: Floats = np.clip(value[:, None] + (running.take(reached, axis=1) - origin), 0.0, 1.0)
    return found


def _moves(at: Ints) -> tuple[Places, Ints, Ints, Places]:
    """Take a path apart into steps of 1 of one coordinate.

    Returns:
        For every move the coordinate, its sign and the coordinates before it (coordinates, moves); for every place of
        the path the number of moves that lead to it from the first.
    """
    steps = np.diff(at, axis=1)
    count = np.abs(steps).T.reshape(-1)  # of every step, coordinate by coordinate
    pair = np.repeat(np.arange(count.size), count)
    which = pair % at.shape[0]
    sign = np.sign(steps.T.reshape(-1)[pair])
    moved = np.zeros((at.shape[0], which.size + 1), np.int64)
    moved[which, np.arange(which.size) + 1] = sign
    before = at[:, :1] + np.cumsum(moved, axis=1)[:, :-1]
    reached = np.concatenate((np.zeros(1, np.intp), np.cumsum(np.abs(steps).sum(axis=0))))
    return which, sign, before, reached


def _change(tables: Tables, path: Path, coordinate: int, sign: Ints) -> Floats:
    """Return what moves change, but for their sign, from the coordinates before them, shape (batch, moves)."""
    if coordinate < len(path.points):
        allowed = path.allowed.copy()
        allowed[coordinate] += sign > 0
        return _reaching(tables, _with(path, path.trials, allowed), coordinate)
    trials = path.trials - (sign < 0)
    lost = np.zeros((tables.batch, trials.size))
    for i, point in enumerate(path.points):
        allowed = path.allowed.copy()
        allowed[:i] -= 1
        lost -= tables.share(path.first, point, path.last) * _reaching(tables, _with(path, trials, allowed), i)
    return lost


def _reaching(tables: Tables, path: Path, i: int) -> Floats:
    """Return P(the count beyond point number i is its bound, and every other within its own)."""
    point, count = path.points[i], path.allowed[i]
    chances = _equal(tables, path, point, path.trials, count)
    before = Path(path.first, point, path.trials - count, path.allowed[:i] - count, 0)
    beyond = Path(point, path.last, count, path.allowed[i + 1 :], 0)
    given = [_given(tables, part, chances) for part in (before, beyond) if part.points]
    for chance in given:
        chances *= chance
    return chances


def _given(tables: Tables, path: Path, weights: Floats) -> Floats:
    """Return the chances of a path whose places have weights, shape (batch, places), and 0 where none of them has.

    It starts where the trials are probable for all of the batch: near the end of a table a sum of products of tables
    has lost its first or last terms. A batch that has no such place in common is cut in two.
    """
    found = np.zeros(weights.shape)
    kept = np.flatnonzero(weights.any(axis=0))
    here = tables.between(path.first, path.last, path.trials[kept])[weights.any(axis=1)]
    if not here.size:
        return found
    least = (here / here.max(axis=1, keepdims=True)).min(axis=0)
    start = int(np.argmax(least))
    if least[start] >= NEAR_END:
        part = Path(path.first, path.last, path.trials[kept], path.allowed[:, kept], start)
        found[:, kept] = chances_within(tables, part)
    else:
        middle = len(weights) // 2
        for half in (slice(middle), slice(middle, None)):
            found[half] = _given(tables.some(half), path, weights[half])
    return found


def _equal(tables: Tables, path: Path, point: int, trials: Ints, counts: Ints) -> Floats:
    """Return P(so many of the trials lie beyond a point), shape (batch, places)."""
    chances = tables.between(path.first, point, trials - counts)
    chances *= tables.between(point, path.last, counts)
    whole = tables.between(path.first, path.last, trials)
    return np.divide(chances, whole, out=np.zeros_like(chances), where=whole > 0)


def _at_start(tables: Tables, path: Path) -> Floats:
    """Sum over the counts beyond the first point, shape (batch,)."""
    point, bounds = path.points[0], path.allowed[:, path.start]
    counts = np.arange(tables.least(point, path.last), int(bounds[0]) + 1, dtype=np.int64)
    if not counts.size:
        return np.zeros(tables.batch)
    chances = _equal(tables, path, point, path.trials[path.start : path.start + 1], counts)
    allowed = np.repeat(bounds[1:, None], counts.size, axis=1)
    inner = Path(point, path.last, counts, allowed, 0)
    if inner.points:
        chances *= _given(tables, inner, chances)
    total: Floats = np.add.reduce(chances, axis=1)
    return total


def _with(path: Path, trials: Ints, allowed: Ints) -> Path:
    return Path(path.first, path.last, trials, allowed, path.start)
