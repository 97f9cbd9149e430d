"""CodeDeploy in a template: SAM's deployment preferences, deployment groups, and configurations by name."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from canary_runner.controllers.aws.codedeploy import (
    PREDEFINED,
    AllAtOnce,
    Event,
    Routing,
    Spec,
    TimeBasedCanary,
    TimeBasedLinear,
)
from canary_runner.controllers.aws.codedeploy_machine import TrafficShift
from canary_runner.controllers.aws.hosts_machine import HostUpdate
from canary_runner.controllers.aws.watching import Watched
from canary_runner.loading.importers import Imported
from canary_runner.loading.importers.asked import Meaning, by_text
from canary_runner.loading.importers.aws.alarms import read_alarms
from canary_runner.loading.importers.aws.fleets import (
    CONFIG,
    INSTANCES,
    config_of,
    is_on_instances,
    read_minimum,
    read_size,
)
from canary_runner.loading.importers.aws.template import Loose, Template, is_conditional, meant, not_read
from canary_runner.loading.importers.fields import Fields, too_many
from canary_runner.loading.words import described, did_you_mean
from canary_runner.model.diagnostics import Diagnostic, Document, Severity
from canary_runner.model.foreign import ForeignPolicy
from canary_runner.model.shown import shown

SYSTEM: Final = "codedeploy"
FUNCTION: Final = "AWS::Serverless::Function"
GROUP: Final = "AWS::CodeDeploy::DeploymentGroup"
LAMBDA: Final = "CodeDeployDefault.Lambda"
LONGEST_MIN: Final = 2880
BY_NAME: Final = {name.lower(): name for name in PREDEFINED}


class CodeDeployImporter:
    """Templates with a gradual deployment of Lambda or ECS."""

    def __init__(self, meaning: Meaning = by_text, rollouts: Sequence[str] = ()) -> None:
        self._meaning, self._rollouts = meaning, rollouts

    def claims(self, data: Mapping[str, Any]) -> bool:
        """Tell whether an object is a template with a deployment of CodeDeploy."""
        resources = data.get("Resources")
        if not isinstance(resources, dict):
            return False
        known = [one for one in resources.values() if isinstance(one, dict)]
        if any(one.get("Type") in (GROUP, CONFIG) for one in known):
            return True
        return any(one.get("Type") == FUNCTION and bool(_own(one) or _preference(data, one)) for one in known)

    def read(self, document: Document, index: int) -> Imported:
        """Read object `index` of a document: the deployment in it whose name is said, else the first."""
        told: list[Diagnostic] = []
        template = Template(document, index, told)
        found = sorted(_candidates(template), key=lambda one: one[0] not in self._rollouts)
        first = next(iter(found), None)
        if first is None:
            help = "say a DeploymentPreference, or an AWS::CodeDeploy::DeploymentGroup"
            if not any(finding.severity is Severity.ERROR for finding in told):
                told.append(Diagnostic("nothing-to-run", Severity.ERROR, (index,), "no deployment is enabled", help))
            return Imported(None, tuple(told))
        name, fields, is_function = first
        for other, properties, _ in found[1:]:
            told.append(not_read(name, other, properties.route))
        names = tuple(one[0] for one in found)
        reads = _of_function if is_function else _of_group
        shift = reads(template, name, fields, self._meaning)
        if shift is None or any(finding.severity is Severity.ERROR for finding in told):
            return Imported(None, tuple(told), names)
        takes_s = (len(shift.fleets) - 1) * shift.batch_s if isinstance(shift, HostUpdate) else 0
        policy = ForeignPolicy(name, SYSTEM, shift, rollback_takes_s=takes_s, route=fields.route)
        return Imported(policy, tuple(told), names)


def _candidates(template: Template) -> Iterator[tuple[str, Loose, bool]]:
    """Yield name, properties and whether it is a function of every deployment; a configuration alone is one too."""
    groups = list(template.of_type(GROUP))
    for name, properties in template.of_type(FUNCTION):
        preference = template.resolved(_preference(template.data, {"Properties": properties.data}))
        route = properties.at("DeploymentPreference")
        own = properties.data.get("DeploymentPreference")
        if not isinstance(preference, dict) or not isinstance(own, dict | None):
            what = described(preference if isinstance(own, dict) else own)
            message = f"DeploymentPreference is {what}, not a mapping"
            properties.error("wrong-type", "DeploymentPreference", message, "say its Type and Alarms")
            continue
        if preference and preference.get("Enabled", True) is not False:
            preference = {**preference, "AutoPublishAlias": _alias(template, properties)}
            yield name, Loose(preference, route, template.told), True
    for name, properties in groups:
        yield name, properties, False
    if not groups:
        for name, properties in template.of_type(CONFIG):
            is_used = any(name in str(item.data) for _, item in template.of_type(FUNCTION))
            if not is_used:
                wrapped = {"DeploymentConfigName": f"${{{name}}}"}
                yield name, Loose(wrapped, properties.route, template.told), False


def _alias(template: Template, properties: Fields) -> Any:
    return properties.data.get("AutoPublishAlias") or _globals(template.data).get("AutoPublishAlias")


def _preference(data: Mapping[str, Any], resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the preference of a function: its own keys over those of Globals."""
    own = _own(resource)
    shared = _globals(data).get("DeploymentPreference")
    return {**(shared if isinstance(shared, dict) else {}), **(own if isinstance(own, dict) else {})}


def _own(resource: Mapping[str, Any]) -> Any:
    properties = resource.get("Properties")
    return properties.get("DeploymentPreference") if isinstance(properties, dict) else None


def _globals(data: Mapping[str, Any]) -> Mapping[str, Any]:
    shared = data.get("Globals")
    function = shared.get("Function") if isinstance(shared, dict) else None
    return function if isinstance(function, dict) else {}


def _of_function(template: Template, _: str, fields: Loose, meaning: Meaning) -> TrafficShift | None:
    if not fields.has("AutoPublishAlias"):
        message = "a DeploymentPreference does nothing without AutoPublishAlias"
        template.told.append(
            Diagnostic("missing-key", Severity.ERROR, fields.route, message, "add AutoPublishAlias: live")
        )
    routing = _routing(template, fields, "Type", LAMBDA) if fields.required("Type") else None
    hooks = fields.mapping("Hooks")
    if hooks is not None:
        hooks.no_effect(
            ("PreTraffic", "PostTraffic"), "is taken to pass; where it fails, the deployment is rolled back"
        )
        hooks.close()
    fields.no_effect(("Role", "TriggerConfigurations", "PassthroughCondition"))
    fields.skip(("Enabled",))
    if is_conditional(fields.raw("Alarms")):
        fields.error("not-modelled", "Alarms", "the alarms depend on a condition", "write the list that is meant")
        return None
    alarms = read_alarms(template, fields.items("Alarms"), meaning)
    fields.close()
    _tell_blind(fields, alarms, "Alarms")
    return None if routing is None else TrafficShift(Spec(routing), alarms)


def _tell_blind(fields: Fields, alarms: tuple[Watched, ...], key: str) -> None:
    if not alarms and all(finding.severity is not Severity.ERROR for finding in fields.told):
        message = "no alarm watches: nothing is ever taken back"
        fields.told.append(Diagnostic("never-fails", Severity.WARNING, fields.route, message, f"add {key}"))


def _of_group(template: Template, name: str, fields: Loose, meaning: Meaning) -> TrafficShift | HostUpdate | None:
    is_on_hosts = is_on_instances(template, fields)
    minimum = read_minimum(template, fields) if is_on_hosts else None
    routing: Routing | None = AllAtOnce()
    if not is_on_hosts:
        needed = fields.required("DeploymentConfigName", "say one of CodeDeploy's, or one of the template")
        routing = _routing(template, fields, "DeploymentConfigName", "") if needed else None
    configuration = fields.mapping("AlarmConfiguration") or Loose({}, fields.route, fields.told)
    is_enabled = configuration.raw("Enabled") is not False
    configuration.skip(("Enabled",))
    named = [
        (route, item.get("Name") if isinstance(item, dict) else item) for route, item in configuration.items("Alarms")
    ]
    alarms = read_alarms(template, named, meaning)
    ignores = configuration.flag("IgnorePollAlarmFailure")
    configuration.close()
    if not is_enabled:
        configuration.warn("never-fails", "Enabled", "the alarms are off: nothing is ever taken back", "write true")
    else:
        _tell_blind(fields, alarms, "AlarmConfiguration")
    events = _events(fields)
    fields.no_effect(("DeploymentStyle", "BlueGreenDeploymentConfiguration", "LoadBalancerInfo", "ECSServices"), ROUTED)
    fields.no_effect(
        ("TriggerConfigurations", "OutdatedInstancesStrategy", "TerminationHookEnabled", "Tags", "Deployment")
    )
    fields.skip(("ApplicationName", "DeploymentGroupName", "ServiceRoleArn"))
    fields.skip((*INSTANCES, "DeploymentConfigName"))
    fields.close()
    if routing is None or (is_on_hosts and minimum is None):
        return None
    spec = Spec(routing, is_enabled, ignores, events)
    if minimum is None:
        return TrafficShift(spec, alarms)
    update = HostUpdate(spec, minimum, *read_size(template, name, fields), alarms)
    too_many(fields.route, len(update.fleets) - 1, "batches", fields.told)
    return update


ROUTED: Final = "has no effect: traffic is taken to move as the configuration says"


def _events(fields: Fields) -> frozenset[Event]:
    """Return what rolls back: nothing, unless it is said."""
    rollback = fields.mapping("AutoRollbackConfiguration")
    found: frozenset[Event] = frozenset()
    if rollback is not None:
        known = {event.value: event for event in Event}
        for route, item in rollback.items("Events"):
            if isinstance(item, str) and item in known:
                found |= {known[item]}
            else:
                message = f'unknown event "{shown(str(item))}"'
                help = did_you_mean(str(item), list(known), "known")
                fields.told.append(Diagnostic("unknown-word", Severity.ERROR, route, message, help))
        if rollback.raw("Enabled") is False:
            found = frozenset()
        rollback.skip(("Enabled",))
        rollback.close()
    if Event.STOP_ON_ALARM not in found:
        message = "an alarm stops the deployment and leaves its traffic where it is: nothing is rolled back"
        help = "enable AutoRollbackConfiguration with DEPLOYMENT_STOP_ON_ALARM"
        fields.told.append(Diagnostic("no-rollback", Severity.WARNING, fields.route, message, help))
    return found


def _routing(template: Template, fields: Fields, key: str, prefix: str) -> Routing | None:
    value = fields.raw(key)
    if is_conditional(value):
        fields.error("not-modelled", key, f"{key} depends on a condition", "write the name that is meant")
        return None
    name = fields.text(key)
    predefined = BY_NAME.get(f"{prefix}{name}".lower()) or BY_NAME.get(name.lower())
    if predefined is not None:
        return PREDEFINED[predefined]
    config = config_of(template, name)
    if config is not None:
        return read_config(config)
    known = [known.removeprefix(prefix) for known in PREDEFINED if known.startswith(prefix)]
    help = f"{did_you_mean(name, known, 'known')}; one of your own must be in the file"
    fields.error("unknown-word", key, f'deployment configuration "{shown(meant(name))}" is not known', help)
    return None


def read_config(fields: Fields) -> Routing | None:
    """Return how the traffic moves under an AWS::CodeDeploy::DeploymentConfig."""
    fields.skip(("ComputePlatform", "DeploymentConfigName"))
    routing = fields.mapping("TrafficRoutingConfig") if fields.required("TrafficRoutingConfig") else None
    if routing is None:
        return None
    kind = routing.text("Type")
    canary, linear = routing.mapping("TimeBasedCanary"), routing.mapping("TimeBasedLinear")
    routing.close()
    fields.close()
    if kind == "AllAtOnce":
        return AllAtOnce()
    if kind == "TimeBasedCanary" and canary is not None:
        return TimeBasedCanary(*_amounts(canary, "CanaryPercentage", "CanaryInterval"))
    if kind == "TimeBasedLinear" and linear is not None:
        return TimeBasedLinear(*_amounts(linear, "LinearPercentage", "LinearInterval"))
    message = f'the type is "{shown(kind)}", and what it needs is not said'
    routing.error(
        "unknown-word", "Type", message, "known: TimeBasedCanary, TimeBasedLinear, AllAtOnce, each with its own key"
    )
    return None


def _amounts(fields: Fields, percentage: str, interval: str) -> tuple[Fraction, Fraction]:
    fields.required(percentage)
    fields.required(interval)
    percent = fields.whole(percentage, 10, least=1, most=99)
    minutes = fields.whole(interval, 1, least=1, most=LONGEST_MIN)
    fields.close()
    return Fraction(percent), Fraction(minutes)
