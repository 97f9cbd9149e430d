"""AppConfig in a template: a deployment strategy, with the monitors of its environment."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from canary_runner.controllers.aws.appconfig import PREDEFINED, Growth, Spec
from canary_runner.controllers.aws.appconfig_machine import Spread
from canary_runner.controllers.aws.watching import Watched
from canary_runner.loading.importers import Imported
from canary_runner.loading.importers.asked import Meaning, by_text
from canary_runner.loading.importers.aws.alarms import ALARM, read_alarms
from canary_runner.loading.importers.aws.template import Template, meant, not_read
from canary_runner.loading.importers.fields import Fields
from canary_runner.loading.words import listed
from canary_runner.model.diagnostics import Diagnostic, Document, Severity
from canary_runner.model.foreign import ForeignPolicy
from canary_runner.model.shown import shown
from canary_runner.model.words import duration

SYSTEM: Final = "appconfig"
STRATEGY: Final = "AWS::AppConfig::DeploymentStrategy"
DEPLOYMENT: Final = "AWS::AppConfig::Deployment"
ENVIRONMENT: Final = "AWS::AppConfig::Environment"
LONGEST_MIN: Final = 1440


class AppConfigImporter:
    """Templates with a deployment strategy of AppConfig."""

    def __init__(self, meaning: Meaning = by_text, rollouts: Sequence[str] = ()) -> None:
        self._meaning, self._rollouts = meaning, rollouts

    def claims(self, data: Mapping[str, Any]) -> bool:
        """Tell whether an object is a template with a deployment of AppConfig."""
        resources = data.get("Resources")
        known = resources.values() if isinstance(resources, dict) else ()
        return any(isinstance(one, dict) and one.get("Type") in (STRATEGY, DEPLOYMENT) for one in known)

    def read(self, document: Document, index: int) -> Imported:
        """Read object `index` of a document: a deployment in it, or a strategy.

        It is the one whose name is said, else the first.
        """
        told: list[Diagnostic] = []
        template = Template(document, index, told)
        deployments, strategies = list(template.of_type(DEPLOYMENT)), list(template.of_type(STRATEGY))
        found = sorted(deployments or strategies, key=lambda one: one[0] not in self._rollouts)
        names = tuple(one for one, _ in found)
        name, first = found[0]
        for other, properties in found[1:]:
            told.append(not_read(name, other, properties.route))
        spec = _of_deployment(template, first) if deployments else _spec(first)
        watched = _monitors(template, first if deployments else None, self._meaning)
        if spec is None or any(finding.severity is Severity.ERROR for finding in told):
            return Imported(None, tuple(told), names)
        return Imported(ForeignPolicy(name, SYSTEM, Spread(spec, watched), route=first.route), tuple(told), names)


def _of_deployment(template: Template, fields: Fields) -> Spec | None:
    if not fields.required("DeploymentStrategyId"):
        return None
    name = fields.text("DeploymentStrategyId")
    if name in PREDEFINED:
        return PREDEFINED[name]
    for logical, properties in template.of_type(STRATEGY):
        if meant(name) == logical:
            return _spec(properties)
    message = f'deployment strategy "{shown(meant(name))}" is not known'
    help = f"known: {listed(list(PREDEFINED))}; one of your own must be in the file"
    fields.error("unknown-word", "DeploymentStrategyId", message, help)
    return None


def _spec(fields: Fields) -> Spec:
    for key in ("DeploymentDurationInMinutes", "GrowthFactor"):
        fields.required(key)
    growth_name = fields.text("GrowthType") or Growth.LINEAR.value
    growth = {one.value: one for one in Growth}.get(growth_name, Growth.LINEAR)
    if growth.value != growth_name:
        fields.error(
            "unknown-word", "GrowthType", f'unknown growth "{shown(growth_name)}"', "known: LINEAR, EXPONENTIAL"
        )
    factor = fields.number("GrowthFactor")
    factor = Fraction(100) if factor is None else factor
    if not 1 <= factor <= 100:
        fields.error("out-of-range", "GrowthFactor", f"a growth factor of {float(factor):g} %", "write 1 to 100")
        factor = Fraction(100)
    minutes = fields.whole("DeploymentDurationInMinutes", least=0, most=LONGEST_MIN)
    bake = fields.whole("FinalBakeTimeInMinutes", least=0, most=LONGEST_MIN)
    spec = Spec(growth, factor, Fraction(60 * minutes), Fraction(60 * bake))
    steps = len(spec.schedule)
    if minutes and steps > 1:
        message = f"its {steps} steps are taken to be {duration(60 * minutes // steps)} apart, the first at once"
        fields.note("assumed", "DeploymentDurationInMinutes", message)
    fields.no_effect(("ReplicateTo", "Tags"))
    fields.skip(("Name", "Description"))
    fields.close()
    return spec


def _monitors(template: Template, deployment: Fields | None, meaning: Meaning) -> tuple[Watched, ...]:
    """Return the alarms of the environment that is deployed to; of a strategy alone, of the only environment."""
    environments = dict(template.of_type(ENVIRONMENT))
    name = meant(deployment.text("EnvironmentId")) if deployment is not None else next(iter(environments), "")
    if deployment is not None:
        deployment.skip(("ApplicationId", "ConfigurationProfileId", "ConfigurationVersion", "DeploymentStrategyId"))
        deployment.no_effect(("Description", "KmsKeyIdentifier", "Tags", "DynamicExtensionParameters"))
        deployment.close()
    if name not in environments or (deployment is None and len(environments) > 1):
        message = "which alarms watch is not in this file: none is taken to, and nothing is ever taken back"
        help = "add the AWS::AppConfig::Environment with its Monitors"
        template.told.append(Diagnostic("never-fails", Severity.WARNING, template.route, message, help))
        return ()
    environment = environments[name]
    named = []
    for monitor in environment.mappings("Monitors"):
        value = monitor.text("AlarmArn")
        if not _is_silenced(template, meant(value)):
            named.append((monitor.at("AlarmArn"), value))
        else:
            monitor.warn("no-effect", "AlarmArn", "the alarm's actions are off: it rolls nothing back")
        monitor.skip(("AlarmRoleArn",))
        monitor.close()
    if not named:
        message = "no alarm watches: nothing is ever taken back"
        found = Diagnostic("never-fails", Severity.WARNING, environment.route, message, "add Monitors")
        template.told.append(found)
    environment.skip(("ApplicationId", "Name", "Description", "Tags", "DeletionProtectionCheck"))
    environment.close()
    return read_alarms(template, named, meaning)


def _is_silenced(template: Template, name: str) -> bool:
    return any(name == logical and fields.raw("ActionsEnabled") is False for logical, fields in template.of_type(ALARM))
