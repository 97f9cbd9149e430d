"""CodeDeploy on Lambda and ECS for the engines."""

from dataclasses import dataclass
from fractions import Fraction

from canary_runner.controllers.aws import codedeploy
from canary_runner.controllers.aws.alarms import AlarmState
from canary_runner.controllers.aws.clock import ClockMachine, segment_of
from canary_runner.controllers.aws.schedule import ALL
from canary_runner.controllers.aws.watching import Watched
from canary_runner.model import outcomes
from canary_runner.model.plan import Approval


@dataclass(frozen=True, slots=True)
class TrafficShift:
    """A deployment of CodeDeploy with the alarms of its group."""

    spec: codedeploy.Spec
    alarms: tuple[Watched, ...] = ()


class CodeDeployMachine(ClockMachine[codedeploy.State]):
    """A traffic shift at work; hooks let through, and all traffic on the new version is the end."""

    def __init__(self, shift: TrafficShift, _: Approval) -> None:
        self._spec = shift.spec
        schedule = codedeploy.schedule_of(shift.spec.routing)
        watched = shift.alarms if shift.spec.alarms_enabled else ()
        percents = [step.percent for step in schedule if step.percent < ALL] or [ALL]
        segments = (segment_of(percent, bool(watched) and percent < ALL) for percent in percents)
        super().__init__(watched, segments, (step.at_s for step in schedule))

    def begun(self) -> codedeploy.State:
        """Return a deployment that is about to begin."""
        return codedeploy.State()

    def after(
        self, deployment: codedeploy.State, elapsed_s: Fraction, alarms: tuple[AlarmState, ...]
    ) -> codedeploy.State:
        """Return a deployment after one look."""
        return codedeploy.advance(self._spec, deployment, codedeploy.Observed(elapsed_s, alarms))

    def told(self, deployment: codedeploy.State) -> tuple[outcomes.State, str, Fraction]:
        """Return our word, upstream's phase and the share."""
        return codedeploy.our_state(deployment), deployment.phase.value, deployment.percent

    def stops(self, alarm: AlarmState) -> bool:
        """Tell whether an alarm stops it: INSUFFICIENT_DATA does not."""
        return alarm is AlarmState.ALARM
