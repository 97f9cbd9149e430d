"""AppConfig for the engines: hosts with the new configuration stand for requests."""

from dataclasses import dataclass
from fractions import Fraction

from canary_runner.controllers.aws import appconfig
from canary_runner.controllers.aws.alarms import AlarmState
from canary_runner.controllers.aws.clock import ClockMachine, segment_of
from canary_runner.controllers.aws.schedule import ALL
from canary_runner.controllers.aws.watching import Watched
from canary_runner.model import outcomes
from canary_runner.model.plan import Approval


@dataclass(frozen=True, slots=True)
class Spread:
    """A deployment of AppConfig with the alarms of its environment."""

    spec: appconfig.Spec
    alarms: tuple[Watched, ...] = ()


class AppConfigMachine(ClockMachine[appconfig.State]):
    """A configuration that spreads, then bakes."""

    def __init__(self, spread: Spread, _: Approval) -> None:
        self._spec = spec = spread.spec
        schedule = [step for step in spec.schedule if step.at_s < spec.duration_s]
        percents = sorted({step.percent for step in schedule} | {ALL})
        ends = (spec.duration_s, spec.duration_s + spec.bake_s)
        segments = (segment_of(percent, bool(spread.alarms)) for percent in percents)
        super().__init__(spread.alarms, segments, (*(step.at_s for step in schedule), *ends))

    def begun(self) -> appconfig.State:
        """Return a deployment that is about to begin."""
        return appconfig.State()

    def after(
        self, deployment: appconfig.State, elapsed_s: Fraction, alarms: tuple[AlarmState, ...]
    ) -> appconfig.State:
        """Return a deployment after one look."""
        return appconfig.advance(self._spec, deployment, appconfig.Observed(elapsed_s, alarms))

    def told(self, deployment: appconfig.State) -> tuple[outcomes.State, str, Fraction]:
        """Return our word, upstream's phase and the share."""
        return appconfig.OURS[deployment.phase], deployment.phase.value, deployment.percent

    def stops(self, alarm: AlarmState) -> bool:
        """Tell whether an alarm rolls it back: all but OK do."""
        return alarm is not AlarmState.OK
