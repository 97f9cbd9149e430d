"""What becomes of rollouts, as distinct histories with weights: of a walk counts, of the exact engine chances."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Histories; every array has one entry per history in its last axis."""

    endings: NDArray[np.int8]  # indices into ENDINGS
    ended_at_s: Ints
    entered_at_s: Ints  # (stages, histories); NEVER where a stage was not reached
    deciding: Ints  # bit i: check i of the last stage entered rolled the release back
    weights: NDArray[np.float64]
    coarse: NDArray[np.float64]  # weights by a rule of half the points; of a walk the weights
    dropped: float = 0.0  # weight of what was left out

    def __len__(self) -> int:
        return self.weights.size
