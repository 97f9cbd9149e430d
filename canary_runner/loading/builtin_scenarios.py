"""The scenarios that everybody has, as the plain data that a file would hold."""

from typing import Any, Final

HEALTHY: Final = "healthy"

BUILTIN_SCENARIOS: Final[dict[str, dict[str, Any]]] = {
    HEALTHY: {"summary": "nothing is worse than before"},
    "bad-deploy": {
        "summary": "2 more of 100 canary requests fail, from the first moment",
        "canary": {"error_rate": "+2pp"},
    },
    "crash": {"summary": "every canary request fails", "canary": {"error_rate": "100%"}},
    "slow-leak": {
        "summary": "canary errors grow by 1pp, from minute 10 to minute 20",
        "canary": {"error_rate": "+1pp", "starting_after": "10m", "ramp_over": "10m"},
    },
    "slow-path": {"summary": "canary requests take 1.5 times as long", "canary": {"latency": "1.5x"}},
    "only-under-load": {
        "summary": "canary errors are 5 times as many, from 50 % traffic on",
        "canary": {"error_rate": "5x", "from_traffic_percent": 50},
    },
    "cold-start": {
        "summary": "canary requests take 3 times as long in the first 2 minutes",
        "canary": {"latency": "3x", "lasting": "2m"},
    },
    "noisy-neighbour": {
        "summary": "0.4pp more errors in both arms: an incident that is not the release's fault",
        "both": {"error_rate": "+0.4pp"},
    },
    "no-metrics": {"summary": "the canary serves requests and reports none", "canary": {"metrics": "missing"}},
}
"""By name; `healthy` is the default."""
