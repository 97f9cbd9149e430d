"""How strongly an effect acts, and what it does to the normal rates.

The strength is 0 before the effect's onset, grows linearly to 1 over its ramp, and is 0 again when it has lasted.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from canary_runner.model.plan import StagePlan
from canary_runner.model.scenario import Change, Effect


def onset_s(effect: Effect, stages: Sequence[StagePlan], entered_s: Sequence[int]) -> int | None:
    """Return when an effect begins, in seconds after the rollout's start; None if it has no onset yet.

    Args:
        effect: with both `starting_after_s` and `from_traffic` the later moment counts.
        stages: of the plan.
        entered_s: when each stage so far was entered; the last one is the present stage.
    """
    if effect.from_traffic is None:
        return effect.starting_after_s
    for entered, stage in zip(entered_s, stages, strict=False):
        if stage.traffic >= effect.from_traffic:
            return max(effect.starting_after_s, entered)
    return None


def turns_s(effect: Effect, onset: int | None) -> tuple[int, ...]:
    """Return the moments at which the strength of an effect turns: between them it is linear."""
    if onset is None:
        return ()
    over = () if effect.lasting_s is None else (onset + effect.lasting_s,)
    return (onset, onset + effect.ramp_over_s, *over)


def strength(effect: Effect, onset: int | None, at_s: Fraction) -> Fraction:
    """Return the strength of an effect at a moment that is none of its turns, 0..1."""
    if onset is None or at_s < onset or (effect.lasting_s is not None and at_s >= onset + effect.lasting_s):
        return Fraction(0)
    age_s = at_s - onset
    return Fraction(1) if age_s >= effect.ramp_over_s else age_s / effect.ramp_over_s


def share_reported(
    effects: Sequence[Effect], onset_of: Mapping[Effect, int | None], begin_s: int, end_s: int
) -> Fraction:
    """Return the share of [begin_s, end_s) in which no effect withholds an arm's metrics; ramps do not apply."""
    silences = []
    for effect in effects:
        onset = onset_of[effect]
        if effect.metrics_missing and onset is not None:
            over = end_s if effect.lasting_s is None else onset + effect.lasting_s
            silences.append((max(onset, begin_s), min(over, end_s)))
    silent, heard_from = 0, begin_s
    for first, last in sorted(silences):
        silent += max(0, last - max(first, heard_from))
        heard_from = max(heard_from, last)
    return 1 - Fraction(silent, end_s - begin_s)


def changed_error_rate(normal: Fraction, effect: Effect, strength: Fraction) -> Fraction:
    """Return an error rate under an effect; it may leave 0..1, which `World` refuses."""
    if effect.error_rate is None:
        return normal
    amount = effect.error_rate.amount
    match effect.error_rate.change:
        case Change.ADD:
            return normal + strength * amount
        case Change.MULTIPLY:
            return normal * (1 + strength * (amount - 1))
        case Change.SET:
            return normal + strength * (amount - normal)


def depends_on_time(effect: Effect) -> bool:
    """Tell whether an effect that has begun can still change."""
    return effect.starting_after_s > 0 or effect.ramp_over_s > 0 or effect.lasting_s is not None


def changed_latency(
    slowness: tuple[Fraction, Fraction], effect: Effect, strength: Fraction
) -> tuple[Fraction, Fraction]:
    """Return the factor and the shift (microseconds) of every request's latency under an effect."""
    factor, shift = slowness
    if effect.latency is None:
        return slowness
    if effect.latency.change is Change.MULTIPLY:
        by = 1 + strength * (effect.latency.amount - 1)
        return factor * by, shift * by
    return factor, shift + strength * effect.latency.amount
