"""The controller of an OpenKruise Rollout: steps of pods and traffic, each held for a time or until a person goes on.

At every step: start the pods, then route, then pause.

| the step has                    | share of the new version                       |
|---------------------------------|------------------------------------------------|
| all pods, replaced in place     | everybody: there is no old pod left            |
| matches, and there is a router  | the requests that match                        |
| traffic, and there is a router  | the traffic                                    |
| neither, or there is no router  | its pods / all pods: traffic routing is undone |

A pause without a duration waits for a person; the last step of a canary with replicas "100%" does not pause. Nothing
is measured. Source: openkruise/rollouts, pkg/controller/rollout/rollout_canary.go, rollout_bluegreen.go,
pkg/trafficrouting/manager.go, api/v1alpha1/conversion.go.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from canary_runner.controllers.deployment import Amount, Percent
from canary_runner.controllers.timeline import DEFAULT_POD_START_S, Part, Timeline
from canary_runner.model.machine import Machine
from canary_runner.model.plan import Approval

DEFAULT_MATCHING = Fraction(1, 10)


class Style(Enum):
    """How new pods come; the values are upstream's words."""

    PARTITION = "partition"  # they replace old ones
    CANARY = "canary"  # beside the old ones, in a Deployment of their own
    BLUE_GREEN = "blueGreen"  # beside the old ones


@dataclass(frozen=True, slots=True)
class Step:
    """One step; pods are counted up."""

    replicas: Amount
    traffic: Fraction | None = None  # of all requests, 0..1
    has_matches: bool = False
    pause_s: int | None = None  # None: until a person goes on


@dataclass(frozen=True, slots=True)
class Release:
    """A Rollout with its workload."""

    style: Style
    steps: tuple[Step, ...]
    has_router: bool
    replicas: int
    matching: Fraction = DEFAULT_MATCHING  # share of all requests that the matches of a step let through
    pod_start_s: int = DEFAULT_POD_START_S
    is_paused: bool = False


def pods_of(release: Release, step: Step) -> int:
    """Return the new pods of a step: a percentage is rounded up, and never more than the replicas."""
    if isinstance(step.replicas, Percent):
        return min(-(-step.replicas.of_replicas * release.replicas // 100), release.replicas)
    return min(step.replicas, release.replicas)


def share_of(release: Release, step: Step, pods: int) -> Fraction:
    """Return the share of all requests that meets the new version when `pods` are ready and a step has routed."""
    if release.style is Style.PARTITION and pods == release.replicas:
        return Fraction(1)
    if is_routed(release, step):
        return release.matching if step.has_matches else step.traffic or Fraction(0)
    return Fraction(pods, release.replicas if release.style is Style.PARTITION else release.replicas + pods)


def is_routed(release: Release, step: Step) -> bool:
    """Tell whether a router decides who meets the new version; a step that does not say so undoes it."""
    return release.has_router and (step.has_matches or step.traffic is not None)


def openkruise_machine(release: Release, approval: Approval) -> Machine[int]:
    """Return the timeline of a Rollout; the pods of a step are ready together."""
    return Timeline(_parts(release), "Healthy", approval)


def _parts(release: Release) -> Iterator[Part]:
    if release.is_paused:
        yield Part("paused", Fraction(0), None, "Paused")
    share, pods = Fraction(0), 0
    for index, step in enumerate(release.steps):
        after = pods_of(release, step)
        if after > pods:
            meanwhile = share if is_routed(release, step) else share_of(release, step, pods)
            yield Part(f"step {index + 1} starts", meanwhile, release.pod_start_s, "StepUpgrade")
        share, pods = share_of(release, step, after), after
        yield Part(f"step {index + 1}", share, _pause_s(release, index), "StepPaused")


def _pause_s(release: Release, index: int) -> int | None:
    step, is_last = release.steps[index], index == len(release.steps) - 1
    return 0 if is_last and step.replicas == Percent(100) and release.style is not Style.BLUE_GREEN else step.pause_s
