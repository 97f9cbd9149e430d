"""The phases that measurements, metrics, runs and rollouts pass through, in upstream's words."""

from enum import Enum


class Phase(Enum):
    """Where a measurement, a metric or an analysis run stands; the order is from best to worst."""

    SUCCESSFUL = "Successful"
    RUNNING = "Running"
    PENDING = "Pending"
    INCONCLUSIVE = "Inconclusive"
    ERROR = "Error"
    FAILED = "Failed"

    @property
    def is_completed(self) -> bool:
        """Whether nothing follows."""
        return self not in (Phase.RUNNING, Phase.PENDING)

    def is_worse_than(self, other: "Phase") -> bool:
        """Whether this outranks another phase when phases are taken together."""
        order = list(Phase)
        return order.index(self) > order.index(other)


def worst(phases: "list[Phase]") -> Phase:
    """Return the worst of some phases; of none, SUCCESSFUL."""
    found = Phase.SUCCESSFUL
    for one in phases:
        if one.is_worse_than(found):
            found = one
    return found
