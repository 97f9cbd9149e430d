"""A foreign controller's spec becomes a machine."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from canary_runner.controllers.argo.blue_green_machine import BlueGreenMachine
from canary_runner.controllers.argo.canary_machine import CanaryMachine
from canary_runner.controllers.argo.spec import BlueGreenSpec, CanarySpec
from canary_runner.controllers.aws.appconfig_machine import AppConfigMachine, Spread
from canary_runner.controllers.aws.codedeploy_machine import CodeDeployMachine, TrafficShift
from canary_runner.controllers.aws.hosts_machine import HostsMachine, HostUpdate
from canary_runner.controllers.deployment_machine import Update, deployment_machine
from canary_runner.controllers.flagger.machine import FlaggerMachine
from canary_runner.controllers.flagger.questions import Canary
from canary_runner.controllers.openkruise import Release, openkruise_machine
from canary_runner.model.machine import Machine
from canary_runner.model.plan import Approval

MACHINES: Final[Mapping[type, Callable[[Any, Approval], Machine[Any]]]] = {
    BlueGreenSpec: BlueGreenMachine,
    Canary: FlaggerMachine,
    CanarySpec: CanaryMachine,
    HostUpdate: HostsMachine,
    Release: openkruise_machine,
    Spread: AppConfigMachine,
    TrafficShift: CodeDeployMachine,
    Update: deployment_machine,
}
"""How a machine is made of a spec of each type."""


def machine_of(spec: object, approval: Approval) -> Machine[Any]:
    """Return the machine of a spec; gates and pauses that wait for a person are opened as `approval` says."""
    return MACHINES[type(spec)](spec, approval)
