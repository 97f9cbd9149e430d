"""What one arm reported in a window: counts, so that windows add and subtract."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class ArmCounts:
    """The requests of one arm, elementwise over rows (rollouts, nodes, or a single window).

    Invariants: no count is negative, errors <= requests, and latency adds up to requests along its first
    axis.
    """

    requests: Ints  # shape rows
    errors: Ints  # shape rows
    latency: Ints  # requests per latency class, shape (classes,) + rows

    def __add__(self, other: "ArmCounts") -> "ArmCounts":
        return ArmCounts(self.requests + other.requests, self.errors + other.errors, self.latency + other.latency)

    def __sub__(self, other: "ArmCounts") -> "ArmCounts":
        return ArmCounts(self.requests - other.requests, self.errors - other.errors, self.latency - other.latency)
