"""The controller of a Kubernetes Deployment: how many pods of which version, and nothing but readiness decides.

RollingUpdate, at every look: add new pods until old and new together are replicas + surge; then remove old ones as long
as at least replicas - unavailable are available and no pod is counted on that is not available yet. Recreate removes
all old pods first. A pod is available `minReadySeconds` after it is ready. The progress deadline sets a condition and
rolls nothing back. Source: kubernetes/kubernetes, pkg/controller/deployment/rolling.go and util/deployment_util.go.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Percent:
    """`25%`: of the replicas, and which way it is rounded depends on the field."""

    of_replicas: int


Amount = int | Percent
DEFAULT = Percent(25)


@dataclass(frozen=True, slots=True)
class RollingUpdate:
    """How many pods may be there in addition, how many may be missing; not both 0 as written."""

    max_surge: Amount = DEFAULT  # a percentage is rounded up
    max_unavailable: Amount = DEFAULT  # a percentage is rounded down

    def resolved(self, replicas: int) -> tuple[int, int]:
        """Return surge and unavailable in pods; where rounding leaves nothing of both, one pod may be missing."""
        surge = _pods(self.max_surge, replicas, rounds_up=True)
        unavailable = _pods(self.max_unavailable, replicas, rounds_up=False)
        return surge, (1 if surge == unavailable == 0 else unavailable)


def _pods(amount: Amount, replicas: int, *, rounds_up: bool) -> int:
    if isinstance(amount, int):
        return amount
    total = amount.of_replicas * replicas
    return -(-total // 100) if rounds_up else total // 100


@dataclass(frozen=True, slots=True)
class Recreate:
    """All old pods stop before the first new one starts."""


Strategy = RollingUpdate | Recreate


@dataclass(frozen=True, slots=True)
class Pods:
    """The pods of a rollout; old ones are all available."""

    old: int
    new: int = 0
    available: int = 0  # of the new ones

    @property
    def new_share(self) -> Fraction | None:
        """The share of the requests on the new version, spread evenly over available pods; None: an outage."""
        serving = self.old + self.available
        return Fraction(self.available, serving) if serving else None


def sync(strategy: Strategy, replicas: int, pods: Pods) -> Pods:
    """Return the pods after one look of the controller; repeated looks end where nothing changes."""
    if isinstance(strategy, Recreate):
        return replace(pods, new=replicas) if pods.old == 0 else replace(pods, old=0)
    surge, unavailable = strategy.resolved(replicas)
    room = replicas + surge - pods.old - pods.new
    if room > 0 and pods.new < replicas:
        return replace(pods, new=pods.new + min(room, replicas - pods.new))
    least = replicas - unavailable
    pending = pods.new - pods.available
    removable = min(pods.old + pods.new - least - pending, pods.old + pods.available - least, pods.old)
    return replace(pods, old=pods.old - max(removable, 0))


def all_ready(pods: Pods) -> Pods:
    """Return the pods once every new one is available."""
    return replace(pods, available=pods.new)


def shares(strategy: Strategy, replicas: int) -> Iterator[tuple[Fraction | None, int]]:
    """Yield every share of the new version, and for how many batches of starting pods it lasts, 0 for no time at all.

    All pods that start become ready together. The first share is that before the rollout, 0; None is an outage. A
    rollout that cannot move ends where it stands.
    """
    pods, batches = Pods(old=replicas), 0
    while (after := _next(strategy, replicas, pods)) != pods:
        batches += after.available > pods.available
        if after.new_share != pods.new_share:
            yield pods.new_share, batches
            batches = 0
        pods = after
    yield pods.new_share, batches


def _next(strategy: Strategy, replicas: int, pods: Pods) -> Pods:
    """Return what follows: the controller acts at once, and only where it is done do pods become ready."""
    after = sync(strategy, replicas, pods)
    return all_ready(pods) if after == pods else after
