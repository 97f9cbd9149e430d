"""Other ways to release, made of a policy's own checks: ordinary policies, so that a table can compare them.

What each assumes is told with it, and in `canary-run explain strategies`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Final

from canary_runner.model import words
from canary_runner.model.comparison import Built, Strategy
from canary_runner.model.diagnostics import UsageError
from canary_runner.model.policy import Check, LatencyCheck, Policy, Stage, Unchecked, Window, WindowKind
from canary_runner.model.shown import shown

REDEPLOY_S: Final = 300
"""What a redeploy, a rolling update from end to end, is assumed to take."""

BATCHES: Final = ("first quarter", "half", "three quarters")
"""What a rolling update has replaced before it is done: equal batches, `maxSurge: 25%` and `maxUnavailable: 0`."""

MOST_GRAINS: Final = 1000
"""Parts into which a time without checks is cut: the world is constant within each."""

ALONE = "the policy only compares it, and at 100 % no old version is left to compare with"
READINESS = "a rolling update asks for readiness, and for nothing else"


def strategy_of(name: str) -> Strategy:
    """Return the strategy of that name. Raises UsageError."""
    known = {strategy.value: strategy for strategy in Strategy}
    if name not in known:
        raise UsageError(f'"{shown(name)}" is no strategy', f"write one of {', '.join(known)}")
    return known[name]


def build(strategy: Strategy, policy: Policy, redeploy_s: int = REDEPLOY_S) -> Built:
    """Return a strategy as a policy, with the checks, the minimum and the tolerance of another.

    Args:
        strategy: which one.
        policy: whose limits and rules it takes over, those of its last stage where stages differ.
        redeploy_s: seconds from the decision to redeploy until every replica is another version.

    Raises UsageError if a redeploy is too short for its batches.
    """
    if redeploy_s < len(BATCHES) + 1:
        message = f"a redeploy of {words.duration(redeploy_s)} is too short for {len(BATCHES) + 1} batches"
        raise UsageError(message, f"write --redeploy {words.duration(REDEPLOY_S)}, or what yours takes")
    stages, takes_s, assumptions = _BUILDERS[strategy](policy, redeploy_s)
    made = Policy(strategy.value, f"{strategy.value}, made of {policy.name}", stages, takes_s)
    return Built(strategy, policy.name, made, redeploy_s, assumptions)


_Parts = tuple[tuple[Stage, ...], int, tuple[str, ...]]


def _all_at_once(policy: Policy, redeploy_s: int) -> _Parts:
    whole = _whole(policy)
    takes = words.duration(redeploy_s)
    back = (
        f"a rollback is a redeploy of the old version: it takes {takes}, with all traffic on the new one (--redeploy)"
    )
    return (whole,), redeploy_s, (*_watched(whole), back)


def _blue_green(policy: Policy, redeploy_s: int) -> _Parts:
    whole = _whole(policy)
    back = "the old version is kept until the watch is over: a rollback is a switch, at once"
    missing = "not modelled: tests of the preview before the switch, which users' traffic does not reach"
    return (whole,), 0, (*_watched(whole), back, missing)


def _rolling(policy: Policy, redeploy_s: int) -> _Parts:
    last, number = policy.stages[-1], len(BATCHES) + 1
    batch_s = redeploy_s // number
    unchecked = tuple(Unchecked(metric, READINESS) for metric in _metrics(policy))
    nothing_read = Window(WindowKind.SINCE_LAST_CHECK)
    blind = replace(last, wait_for_approval=False, checks=(), unchecked=unchecked, window=nothing_read)
    batches = tuple(
        replace(blind, name=name, traffic=Fraction(i, number), duration_s=batch_s, check_every_s=batch_s)
        for i, name in enumerate(BATCHES, 1)
    )
    rest_s = max(_length_s(policy) - batch_s * len(BATCHES), batch_s)
    done = replace(blind, name="all", traffic=Fraction(1), duration_s=rest_s)
    shares = ", ".join(words.decimal(stage.traffic * 100) for stage in batches)
    return (
        (*batches, replace(done, check_every_s=_grain_s(rest_s, last.check_every_s))),
        0,
        (
            f"{shares} % of replicas and traffic for {words.duration(batch_s)} each, then all (--redeploy)",
            f"{READINESS}: a release that starts is never taken back by itself",
            "not modelled: pods that do not become ready, which would stop it",
        ),
    )


_BUILDERS: Final[Mapping[Strategy, Callable[[Policy, int], _Parts]]] = {
    Strategy.ALL_AT_ONCE: _all_at_once,
    Strategy.BLUE_GREEN: _blue_green,
    Strategy.ROLLING: _rolling,
}


def _whole(policy: Policy) -> Stage:
    """Return the one stage with all traffic, watched for as long as the policy's stages last."""
    last = policy.stages[-1]
    limits = {check.metric: check for stage in policy.stages for check in _absolute(stage)}
    checks = tuple(limits[metric] for metric in _metrics(policy) if metric in limits)
    said = {one.metric: one for stage in policy.stages for one in stage.unchecked}
    unchecked = tuple(said.get(m, Unchecked(m, ALONE)) for m in _metrics(policy) if m not in limits)
    return replace(
        last,
        name="all",
        traffic=Fraction(1),
        duration_s=_rounded_up(_length_s(policy), last.check_every_s),
        wait_for_approval=False,
        checks=checks,
        unchecked=unchecked,
    )


def _absolute(stage: Stage) -> Iterator[Check]:
    """Yield the checks of a stage that have an absolute limit, with nothing else."""
    for check in stage.checks:
        limit = check.max_us if isinstance(check, LatencyCheck) else check.max_ratio
        if limit is not None:
            yield replace(check, over_baseline=None)


def _metrics(policy: Policy) -> tuple[str, ...]:
    """Return every metric that the policy speaks of, once, in its order."""
    return tuple(dict.fromkeys(one.metric for stage in policy.stages for one in (*stage.checks, *stage.unchecked)))


def _length_s(policy: Policy) -> int:
    return sum(stage.duration_s for stage in policy.stages)


def _rounded_up(seconds: int, every_s: int) -> int:
    return -(-seconds // every_s) * every_s


def _grain_s(length_s: int, every_s: int) -> int:
    """Return how finely to look at a time in which nothing is asked: the longest whole part of it up to `every_s`."""
    parts = (length_s // n for n in range(-(-length_s // every_s), MOST_GRAINS + 1) if length_s % n == 0)
    return next(parts, length_s)


def _watched(stage: Stage) -> tuple[str, ...]:
    """Say what is asked, how long, and what is not."""
    asked = ", ".join(map(_limit, stage.checks)) or "nothing"
    length, every = words.duration(stage.duration_s), words.duration(stage.check_every_s)
    told = [f"all traffic at once; for {length}, every {every}, it asks for {asked}"]
    told += [f"{one.metric} is not asked: {one.reason}" for one in stage.unchecked]
    return tuple(told)


def _limit(check: Check) -> str:
    if isinstance(check, LatencyCheck):
        written = words.milliseconds(check.max_us or 0)
    else:
        written = words.percent(check.max_ratio or Fraction(0))
    sure = f" with confidence {words.percent(check.confidence)}" if check.confidence is not None else ""
    return f"{check.metric} max {written}{sure}"
