"""CodeDeploy on EC2 and on-premises: as many instances at a time as the minimum of healthy ones leaves free.

An instance that fails counts as unhealthy. The deployment goes on while more than the minimum are healthy, and
succeeds if at least the minimum, and at least one, are healthy at its end: so the failure of the last instance of
one at a time is forgiven. Instances finish batch by batch here; the real ones start as soon as there is room.
"""

from dataclasses import dataclass
from enum import Enum


class MinimumType(Enum):
    """How the minimum is written, in upstream's words."""

    HOST_COUNT = "HOST_COUNT"
    FLEET_PERCENT = "FLEET_PERCENT"  # rounded up to instances
    MOST_CONCURRENCY = "MOST_CONCURRENCY"  # so many at a time


@dataclass(frozen=True, slots=True)
class MinimumHealthy:
    """`MinimumHealthyHosts`."""

    type: MinimumType
    value: int

    def of(self, instances: int) -> int:
        """Return how many of `instances` stay healthy."""
        match self.type:
            case MinimumType.HOST_COUNT:
                return self.value
            case MinimumType.FLEET_PERCENT:
                return -(-instances * self.value // 100)
            case MinimumType.MOST_CONCURRENCY:
                return instances - self.value


@dataclass(frozen=True, slots=True)
class Fleet:
    """Where a deployment over instances stands."""

    instances: int
    done: int = 0  # with the new version, or failed
    failed: int = 0

    @property
    def healthy(self) -> int:
        """Instances with the old version, or with the new one and well."""
        return self.instances - self.failed


class Phase(Enum):
    """Where a deployment stands, in upstream's words."""

    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


def phase_of(minimum: MinimumHealthy, fleet: Fleet) -> Phase:
    """Tell where a deployment stands between two batches."""
    least = minimum.of(fleet.instances)
    if fleet.done < fleet.instances:
        return Phase.IN_PROGRESS if fleet.healthy > least else Phase.FAILED
    return Phase.SUCCEEDED if fleet.healthy >= max(least, 1) else Phase.FAILED


def batch(minimum: MinimumHealthy, fleet: Fleet) -> int:
    """Return how many instances get the new version next; 0 at the end."""
    if phase_of(minimum, fleet) is not Phase.IN_PROGRESS:
        return 0
    return min(fleet.healthy - minimum.of(fleet.instances), fleet.instances - fleet.done)


def after_batch(minimum: MinimumHealthy, fleet: Fleet, failed: int) -> Fleet:
    """Return the fleet after the next batch, of which `failed` instances failed."""
    return Fleet(fleet.instances, fleet.done + batch(minimum, fleet), fleet.failed + failed)


PREDEFINED: dict[str, MinimumHealthy] = {
    "CodeDeployDefault.AllAtOnce": MinimumHealthy(MinimumType.HOST_COUNT, 0),
    "CodeDeployDefault.HalfAtATime": MinimumHealthy(MinimumType.FLEET_PERCENT, 50),
    "CodeDeployDefault.OneAtATime": MinimumHealthy(MinimumType.MOST_CONCURRENCY, 1),
}
"""The configurations of AWS by their names."""
