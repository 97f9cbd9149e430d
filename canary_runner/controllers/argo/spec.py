"""What a Rollout says, ready to run: durations in seconds, weights as numbers, queries with their meaning."""

from dataclasses import dataclass, field
from enum import Enum

from canary_runner.controllers.argo.metric import Metric
from canary_runner.controllers.argo.replicas import DEFAULT_LIMIT
from canary_runner.model.diagnostics import Route
from canary_runner.model.query import Query


class Shape(Enum):
    """What a provider's answer is to a condition."""

    VECTOR = "vector"  # one sample per series: Prometheus and its like; no data is an empty one
    SCALAR = "scalar"  # a number; no data is nil
    NUMBER = "number"  # a number: Wavefront; no data is an Error whatever the condition
    LIST = "list"  # of anything, here of one number: InfluxDB; no data is an Error whatever the condition
    ROW = "row"  # columns by name, here one: New Relic; no data is nil in it
    SERIES = "series"  # a list of series with their Values: CloudWatch; no data are no Values


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric and what its query measures; without a meaning every measurement is taken to be Successful."""

    metric: Metric
    query: Query | None = None
    shape: Shape = Shape.VECTOR
    columns: tuple[str, ...] = ()  # of a row
    route: Route = field(default=(), compare=False, repr=False)  # where it stands in its document


@dataclass(frozen=True, slots=True)
class Analysis:
    """An analysis run; `dry_run` are unanchored regular expressions for metrics that only look on."""

    metrics: tuple[Measured, ...]
    dry_run: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetWeight:
    """From here on this weight."""

    weight: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait; without a duration until a person lets it go on."""

    duration_s: int | None


@dataclass(frozen=True, slots=True)
class Analyse:
    """Wait for an analysis."""

    analysis: Analysis


@dataclass(frozen=True, slots=True)
class Experiment:
    """Wait for an experiment: for its analyses as one run, or until its duration is over.

    Where the analyses are required for completion their success ends it, and its duration alone does not.
    """

    analysis: Analysis | None
    duration_s: int | None
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Other:
    """A step that is done at once and moves no traffic here: setCanaryScale, routes by header, mirrors, plugins."""

    kind: str


Step = SetWeight | Pause | Analyse | Experiment | Other


@dataclass(frozen=True, slots=True)
class CanarySpec:
    """`strategy.canary`."""

    steps: tuple[Step, ...]
    background: Analysis | None = None
    starting_step: int = 0
    is_routed: bool = False  # trafficRouting: weights are exact; else traffic follows pods
    replicas: int = 1
    max_weight: int = 100
    max_surge: int | str = DEFAULT_LIMIT
    max_unavailable: int | str = DEFAULT_LIMIT
    ready_s: int = 0  # from a pod's creation until it counts: its start and minReadySeconds
    is_dynamic: bool = False  # dynamicStableScale


@dataclass(frozen=True, slots=True)
class BlueGreenSpec:
    """`strategy.blueGreen`."""

    before: Analysis | None = None  # prePromotionAnalysis
    after: Analysis | None = None  # postPromotionAnalysis
    is_promoted_by_hand: bool = False  # autoPromotionEnabled: false
    promotion_after_s: int = 0  # autoPromotionSeconds
