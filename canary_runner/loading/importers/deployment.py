"""A Kubernetes Deployment becomes a policy: a rolling update in which nothing decides."""

from collections.abc import Mapping
from typing import Any, Final

from canary_runner.controllers.deployment import DEFAULT, Amount, Percent, Recreate, RollingUpdate, Strategy, shares
from canary_runner.controllers.deployment_machine import Update
from canary_runner.loading.importers import Imported
from canary_runner.loading.importers.fields import Fields, too_many
from canary_runner.loading.importers.frame import is_object, read_object
from canary_runner.loading.importers.workloads import MOST_REPLICAS, amount, pod_start_s
from canary_runner.model.diagnostics import Document
from canary_runner.model.shown import shown

SYSTEM: Final = "kubernetes"
GROUPS: Final = ("apps/", "extensions/")
DEFAULT_DEADLINE_S: Final = 600
DAY_S: Final = 86_400


class DeploymentImporter:
    """Deployments of apps/v1, and of the versions before it."""

    def claims(self, data: Mapping[str, Any]) -> bool:
        """Tell whether an object is a Deployment."""
        return is_object(data, GROUPS, "Deployment")

    def read(self, document: Document, index: int) -> Imported:
        """Read object `index` of a document."""
        return read_object(document, index, SYSTEM, _update)


def _update(spec: Fields, metadata: Fields) -> Update:
    min_ready_s = spec.whole("minReadySeconds", least=0, most=DAY_S)
    deadline_s = spec.whole("progressDeadlineSeconds", DEFAULT_DEADLINE_S, least=0)
    if deadline_s <= min_ready_s:
        message = f"progressDeadlineSeconds is {deadline_s}, not above minReadySeconds, {min_ready_s}"
        key = "progressDeadlineSeconds" if spec.has("progressDeadlineSeconds") else "minReadySeconds"
        spec.error("out-of-range", key, message, f"write at least {min_ready_s + 1}")
    spec.no_effect(("progressDeadlineSeconds",), "rolls nothing back: it only says that an update is late")
    spec.no_effect(("revisionHistoryLimit",))
    if spec.flag("paused"):
        spec.note("assumed", "paused", "paused: a person lets the update begin")
    update = Update(
        _strategy(spec),
        spec.whole("replicas", 1, least=1, most=MOST_REPLICAS),
        pod_start_s(metadata, spec, "template"),
        min_ready_s,
        spec.flag("paused"),
    )
    too_many(spec.route, sum(1 for _ in shares(update.strategy, update.replicas)), "shares", spec.told)
    spec.skip(("selector", "template"))
    spec.close()
    return update


def _strategy(spec: Fields) -> Strategy:
    strategy = spec.mapping("strategy")
    if strategy is None:
        return RollingUpdate()
    kind, rolling = strategy.text("type") or "RollingUpdate", strategy.mapping("rollingUpdate")
    strategy.close()
    if kind == "Recreate":
        if rolling is not None:
            strategy.error(
                "no-effect", "rollingUpdate", "rollingUpdate does not go with Recreate", "take one of them out"
            )
        message = "Recreate stops all pods first: nobody is served until new ones are ready"
        strategy.warn("not-modelled", "type", message, "requests in the outage are not counted as errors")
        return Recreate()
    if kind != "RollingUpdate":
        strategy.error("unknown-word", "type", f'unknown strategy "{shown(kind)}"', "known: RollingUpdate, Recreate")
    if rolling is None:
        return RollingUpdate()
    found = RollingUpdate(
        amount(rolling, "maxSurge", DEFAULT), amount(rolling, "maxUnavailable", DEFAULT, most_percent=100)
    )
    rolling.close()
    if _is_none(found.max_surge) and _is_none(found.max_unavailable):
        message = "maxSurge and maxUnavailable are both 0: no pod could ever be replaced"
        rolling.error("out-of-range", "maxUnavailable", message, "write 1 for one of them")
    return found


def _is_none(pods: Amount) -> bool:
    return pods in (0, Percent(0))
