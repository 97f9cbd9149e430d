"""The numbers that notes.md cites, from runs of the tool: `python docs/evidence.py` prints them.

Each is a share of rollouts 0 to 1999 of seed 1, so its standard error is at most 1.1 percentage points. A test keeps
notes.md equal to what this prints.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from canary_runner import loading
from canary_runner.compiling.plan import make_plan
from canary_runner.engines.walk import ENDINGS, walk
from canary_runner.model.outcomes import State
from canary_runner.model.plan import Approval
from canary_runner.model.policy import ErrorCheck, Policy
from canary_runner.model.scenario import Scenario
from canary_runner.model.service import GENERIC_WEB, Service

POLICIES = Path(__file__).parents[1] / "policies"
RUNS = 2000


def policy(name: str) -> Policy:
    return loading.load_policy(str(POLICIES / f"{name}.yaml")).value


def service(name: str) -> Service:
    return loading.load_service(str(POLICIES / f"{name}.service.yaml")).value


def scenario(name: str, **sets: str) -> Scenario:
    return loading.find_scenario(name, {}, {key.replace("__", "."): value for key, value in sets.items()})


def share(a_policy: Policy, a_service: Service, a_scenario: Scenario, state: State = State.ROLLED_BACK) -> str:
    """Return the share of rollouts that end in a state, gates approved at once."""
    plan = make_plan(a_policy, a_service, a_scenario, approval=Approval(0))
    endings = np.concatenate([w.endings for w in walk(plan, 1, 0, RUNS)])
    return f"{100 * (endings == ENDINGS.index(state)).mean():.1f} %"


def zero_tolerance(a_policy: Policy, percent: str) -> Policy:
    """Return the policy's first stage at another share of traffic, with `max: 0%` as its only check."""
    check = ErrorCheck("error_rate", Fraction(0), None)
    stage = replace(a_policy.stages[0], traffic=Fraction(percent) / 100, min_canary_requests=1, checks=(check,))
    return replace(a_policy, stages=(stage,))


def rows() -> Iterator[tuple[str, str]]:
    standard, checkout, healthy = policy("standard"), service("checkout"), scenario("healthy")
    for icc in ("0", "1/1000", "1/200"):
        bursty = replace(checkout, burstiness=Fraction(icc))
        yield f"standard, checkout, healthy, burstiness {float(Fraction(icc)):g}", share(standard, bursty, healthy)
    for percent in ("1", "10", "100"):
        rolled_back = share(zero_tolerance(standard, percent), GENERIC_WEB, healthy)
        yield f"`max: 0%` alone, one stage at {percent} % of 100 rps, healthy", rolled_back
    for points in ("0.2", "0.25", "0.3", "0.4"):
        worse = scenario("healthy", canary__error_rate=f"+{points}pp")
        yield f"standard, checkout, canary errors +{points}pp", share(standard, checkout, worse)
    for name in ("conservative", "standard", "aggressive"):
        yield f"{name}, generic-web, slow-leak", share(policy(name), GENERIC_WEB, scenario("slow-leak"))


def table() -> str:
    lines = ["| rollouts | rolled back |", "|---|---:|", *(f"| {what} | {found} |" for what, found in rows())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
