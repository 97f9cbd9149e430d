"""The shapes of those parts of a Rollout that are asked for what upstream refuses and are read for nothing else."""

from collections.abc import Mapping
from typing import Any, Final

from canary_runner.controllers.argo.rollout_validation import NEED_SERVICES
from canary_runner.loading.importers.fields import Fields

AFFINITY: Final[Mapping[str, Any]] = {
    "preferredDuringSchedulingIgnoredDuringExecution": {"weight": int},
    "requiredDuringSchedulingIgnoredDuringExecution": {},
}
MATCH: Final[Mapping[str, Any]] = {"headerValue": {}, "method": {}, "path": {}}
ROUTE: Final[Mapping[str, Any]] = {"match": [MATCH]}
STEP: Final[Mapping[str, Any]] = {
    "pause": {}, "analysis": {}, "setCanaryScale": {}, "setHeaderRoute": ROUTE, "setMirrorRoute": ROUTE, "plugin": {},
    "experiment": {"templates": [{}]},
}  # fmt: skip
ROUTING: Final[Mapping[str, Any]] = {
    **{router: {} for router in (*NEED_SERVICES, "plugins")},
    "managedRoutes": [{}],
}
SPEC: Final[Mapping[str, Any]] = {
    "progressDeadlineSeconds": int,
    "revisionHistoryLimit": int,
    "strategy": {
        "canary": {
            "trafficRouting": ROUTING,
            "pingPong": {"pingService": str, "pongService": str},
            "antiAffinity": AFFINITY,
            "steps": [STEP],
        },
        "blueGreen": {"antiAffinity": AFFINITY, "scaleDownDelayRevisionLimit": int},
    },
}
"""Mappings by key, lists of them, texts and numbers; what is not named may be anything."""


def held(fields: Fields, shape: Mapping[str, Any]) -> None:
    """Tell of every part that has another shape; fields are not closed."""
    for key, wanted in shape.items():
        if wanted is str:
            fields.text(key)
        elif wanted is int:
            fields.whole(key, least=-(10**9), most=10**9)
        elif isinstance(wanted, list):
            for one in fields.mappings(key):
                held(one, wanted[0])
        elif (inner := fields.mapping(key)) is not None:
            held(inner, wanted)
