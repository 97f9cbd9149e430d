"""CodeDeploy over instances in a template: how many stay healthy, how many there are, how long a batch takes."""

from collections.abc import Mapping
from typing import Any, Final

from canary_runner.controllers.aws.hosts import PREDEFINED, MinimumHealthy, MinimumType
from canary_runner.controllers.aws.hosts_machine import DEFAULT_BATCH_S, DEFAULT_INSTANCES
from canary_runner.loading.importers.aws.template import Loose, Template, meant
from canary_runner.loading.quantities import DURATION
from canary_runner.loading.words import listed
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.shown import shown
from canary_runner.model.words import duration

CONFIG: Final = "AWS::CodeDeploy::DeploymentConfig"
SCALING: Final = "AWS::AutoScaling::AutoScalingGroup"
MOST_INSTANCES: Final = 10_000
INSTANCES: Final = (
    "Ec2TagFilters", "Ec2TagSet", "AutoScalingGroups", "OnPremisesInstanceTagFilters", "OnPremisesTagSet",
)  # fmt: skip
DEFAULT_NAME: Final = "CodeDeployDefault.OneAtATime"
OURS: Final = "canary-runner"


def is_on_instances(template: Template, fields: Loose) -> bool:
    """Tell whether a deployment group, or the configuration that it names, is about instances."""
    if any(fields.has(key) for key in INSTANCES) or fields.text("DeploymentConfigName") in PREDEFINED:
        return True
    config = config_of(template, fields.text("DeploymentConfigName"))
    return config is not None and (config.has("MinimumHealthyHosts") or config.text("ComputePlatform") == "Server")


def config_of(template: Template, name: str) -> Loose | None:
    """Return the configuration of the template that a name means."""
    for logical, properties in template.of_type(CONFIG):
        if meant(name) == logical or properties.text("DeploymentConfigName") == name:
            return properties
    return None


def read_minimum(template: Template, fields: Loose) -> MinimumHealthy | None:
    """Return how many instances stay healthy."""
    style = fields.mapping("DeploymentStyle")
    if style is not None and style.text("DeploymentType") == "BLUE_GREEN":
        message = "blue/green over instances is not modelled"
        style.error("not-modelled", "DeploymentType", message, "write a policy of its shares: canary-run init")
    name = fields.text("DeploymentConfigName") or DEFAULT_NAME
    if name in PREDEFINED:
        return PREDEFINED[name]
    config = config_of(template, name)
    if config is None:
        help = f"known: {listed(list(PREDEFINED))}; one of your own must be in the file"
        message = f'deployment configuration "{shown(meant(name))}" is not known'
        fields.error("unknown-word", "DeploymentConfigName", message, help)
        return None
    config.not_modelled(("ZonalConfig",), "is not modelled: zones go together here", "expect it to take longer")
    config.skip(("ComputePlatform", "DeploymentConfigName"))
    minimum = config.mapping("MinimumHealthyHosts") if config.required("MinimumHealthyHosts") else None
    config.close()
    if minimum is None:
        return None
    kinds = {kind.value: kind for kind in (MinimumType.HOST_COUNT, MinimumType.FLEET_PERCENT)}
    kind = kinds.get(minimum.text("Type"))
    if kind is None:
        minimum.error(
            "unknown-word", "Type", f'unknown type "{shown(minimum.text("Type"))}"', f"known: {listed(list(kinds))}"
        )
    most = 100 if kind is MinimumType.FLEET_PERCENT else MOST_INSTANCES
    value = minimum.whole("Value", least=0, most=most)
    minimum.required("Value")
    minimum.close()
    return None if kind is None else MinimumHealthy(kind, value)


def read_size(template: Template, name: str, fields: Loose) -> tuple[int, int]:
    """Return the instances and the seconds of a batch: what the resource's Metadata says, else what is told."""
    own = _metadata(template, name)
    batch_s = own.quantity("batch", DURATION)
    if batch_s is None:
        message = f"a batch is taken to last {duration(DEFAULT_BATCH_S)}"
        help = f"say it as Metadata of the resource: {OURS}: {{batch: 5m}}"
        template.told.append(Diagnostic("assumed", Severity.NOTE, fields.route, message, help))
    instances = own.whole("instances", least=1, most=MOST_INSTANCES) or _scaled(template, fields)
    own.close()
    if not instances:
        message = f"how many instances there are is not in this file: {DEFAULT_INSTANCES} are taken"
        help = f"say it as Metadata of the resource: {OURS}: {{instances: 6}}"
        template.told.append(Diagnostic("assumed", Severity.WARNING, fields.route, message, help))
    return instances or DEFAULT_INSTANCES, batch_s if isinstance(batch_s, int) else DEFAULT_BATCH_S


def _metadata(template: Template, name: str) -> Loose:
    resources: Mapping[str, Any] = template.data.get("Resources") or {}
    resource = resources.get(name)
    metadata = resource.get("Metadata") if isinstance(resource, dict) else None
    own = metadata.get(OURS) if isinstance(metadata, dict) else None
    route = (*template.route, "Resources", name, "Metadata", OURS)
    return Loose(own if isinstance(own, dict) else {}, route, template.told)


def _scaled(template: Template, fields: Loose) -> int:
    """Return the instances of the auto scaling groups that are in the file, 0 if there are none."""
    groups = dict(template.of_type(SCALING))
    total = 0
    for _, value in fields.items("AutoScalingGroups"):
        group = groups.get(meant(value))
        key = "DesiredCapacity" if group is not None and group.has("DesiredCapacity") else "MinSize"
        total += 0 if group is None else group.whole(key, least=0, most=MOST_INSTANCES)
    return total
