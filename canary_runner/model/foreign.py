"""A policy that another system's manifest says."""

from dataclasses import dataclass, field

from canary_runner.model.diagnostics import Route
from canary_runner.model.policy import Policy


@dataclass(frozen=True, slots=True)
class ForeignPolicy:
    """A manifest, read: what its own controller needs, and how it is called here."""

    name: str
    system: str  # "argo-rollouts", "flagger", "codedeploy", "appconfig", "kubernetes", "openkruise"
    spec: object  # of the controller: `controllers.machines` makes a machine of it
    description: str = ""
    rollback_takes_s: int = 0  # from the decision until the canary's traffic is gone
    route: Route = field(default=(), compare=False, repr=False)  # where it stands in its document


AnyPolicy = Policy | ForeignPolicy
