"""What a Flagger Canary says, and what the controller reads out of it: defaults, weights, the strategy.

Weights are percent of the requests, whole numbers, as upstream keeps them; nothing is checked, since upstream checks
nothing: a list that never moves is a list that never moves.
"""

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from canary_runner.controllers.flagger.metrics import Metric

TOTAL_WEIGHT = 100
KUBERNETES = "kubernetes"
KUBERNETES_ITERATIONS = 10
DEFAULT_INTERVAL_S = Fraction(60)
SHORTEST_INTERVAL_S = Fraction(10)


class HookType(Enum):
    """When a webhook is asked; the values are the manifest's words, an absent type is ROLLOUT."""

    CONFIRM_ROLLOUT = "confirm-rollout"
    PRE_ROLLOUT = "pre-rollout"
    ROLLOUT = "rollout"
    CONFIRM_TRAFFIC_INCREASE = "confirm-traffic-increase"
    CONFIRM_PROMOTION = "confirm-promotion"
    POST_ROLLOUT = "post-rollout"
    ROLLBACK = "rollback"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook of the analysis."""

    name: str
    type: HookType


class Strategy(Enum):
    """What a tick with passed checks does; the values are upstream's words."""

    CANARY = "canary"
    BLUE_GREEN = "blue_green"
    AB_TESTING = "ab_testing"


@dataclass(frozen=True, slots=True)
class Spec:
    """A Canary as written; 0 and an empty tuple are what upstream takes an absent field for."""

    threshold: int = 0  # failed checks
    max_weight: int = 0
    step_weight: int = 0
    step_weights: tuple[int, ...] = ()
    step_weight_promotion: int = 0
    iterations: int = 0
    has_match: bool = False
    mirror: bool = False
    metrics: tuple[Metric, ...] = ()
    hooks: tuple[Hook, ...] = ()
    provider: str = ""
    skip_analysis: bool = False  # or there is no analysis
    interval_s: Fraction | None = None  # as written; None: absent or no duration

    @property
    def routes_traffic(self) -> bool:
        """Whether weights reach anybody: the plain Kubernetes provider has nothing to set them with."""
        return self.provider != KUBERNETES

    @property
    def tick_s(self) -> Fraction:
        """Seconds from one tick to the next."""
        return DEFAULT_INTERVAL_S if self.interval_s is None else max(self.interval_s, SHORTEST_INTERVAL_S)

    @property
    def failed_checks_allowed(self) -> int:
        """The number of failed checks with which the next tick rolls back."""
        return max(self.threshold, 1)

    @property
    def effective_iterations(self) -> int:
        """The iterations that count: without routing a canary becomes blue/green, with 10 where none are given."""
        return self.iterations if self.routes_traffic or self.iterations > 0 else KUBERNETES_ITERATIONS

    @property
    def strategy(self) -> Strategy:
        """Which steps follow passed checks."""
        if self.effective_iterations <= 0:
            return Strategy.CANARY
        return Strategy.AB_TESTING if self.has_match and self.routes_traffic else Strategy.BLUE_GREEN

    @property
    def promotion_weight(self) -> int:
        """The weight from which on passed checks promote; no weight is cut to it."""
        if self.step_weights:
            return min(TOTAL_WEIGHT, self.step_weights[-1])
        return self.max_weight if self.max_weight > 0 else TOTAL_WEIGHT

    def next_step(self, weight: int) -> int:
        """Return what is added to a weight; 0 or below holds the rollout for ever."""
        if self.step_weight > 0 or not self.step_weights:
            return self.step_weight
        left = TOTAL_WEIGHT - weight
        if left == 0:
            return 1  # any step leads to promotion
        if weight == 0:
            return min(left, self.step_weights[0])
        if weight in self.step_weights[:-1]:
            return min(left, self.step_weights[self.step_weights.index(weight) + 1] - weight)
        return left
