"""What can be true of the two arms in a stage, whenever it is entered: every effect at its least and at its most."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from canary_runner.model.plan import Plan, StagePlan
from canary_runner.model.scenario import Effect
from canary_runner.scenarios.averages import NORMAL, Slowness
from canary_runner.scenarios.effects import changed_error_rate, changed_latency, depends_on_time


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of one arm."""

    error_rate: Fraction  # errors per request, 0..1
    slowness: Slowness  # of every request's latency


def reachable(plan: Plan, stage: StagePlan, latest_s: int) -> Iterator[tuple[Truth, Truth]]:
    """Yield the canary's and the baseline's truth for every combination of weakest and strongest effects.

    Error rates and latencies are linear in each effect's strength, and an effect on both arms is as strong on either:
    so the difference of the error rates is never beyond what is yielded, nor is any arm's latency.

    Args:
        plan: of the rollouts.
        stage: of the plan, or one like it.
        latest_s: the latest second after the rollout's start that may belong to the stage.
    """
    scenario = plan.scenario
    effects = tuple(dict.fromkeys(e for e in (scenario.both, scenario.canary, scenario.baseline) if e is not None))
    for strengths in product(*(_strengths(effect, stage, latest_s) for effect in effects)):
        strength_of = dict(zip(effects, strengths, strict=True))
        canary, baseline = (
            _truth(plan.service.error_rate, [e for e in acting if e is not None], strength_of)
            for acting in ((scenario.both, scenario.canary), (scenario.both, scenario.baseline))
        )
        yield canary, baseline


def _strengths(effect: Effect, stage: StagePlan, latest_s: int) -> tuple[Fraction, ...]:
    """Return the weakest and the strongest that an effect can be in a stage."""
    is_ahead = effect.from_traffic is not None and stage.traffic < effect.from_traffic
    if is_ahead or effect.starting_after_s >= latest_s:
        return (Fraction(0),)
    return (Fraction(0), Fraction(1)) if depends_on_time(effect) else (Fraction(1),)


def _truth(normal: Fraction, effects: list[Effect], strength_of: Mapping[Effect, Fraction]) -> Truth:
    error_rate, slowness = normal, NORMAL
    for effect in effects:
        error_rate = changed_error_rate(error_rate, effect, strength_of[effect])
        slowness = changed_latency(slowness, effect, strength_of[effect])
    return Truth(error_rate, slowness)
