"""How strongly an effect acts, and what it does to the normal rates.

The strength is 0 before the effect's onset, grows linearly to 1 over its ramp, and is 0 again when it has lasted. The
world is constant within a check interval, at its mean over that interval; these means are exact fractions.
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


def mean_strength(effect: Effect, onset: int | None, begin_s: int, end_s: int) -> Fraction:
    """Return the mean strength of an effect over [begin_s, end_s), 0..1."""
    if onset is None:
        return Fraction(0)
    last = end_s if effect.lasting_s is None else min(end_s, onset + effect.lasting_s)
    first = max(begin_s, onset)
    if first >= last:
        return Fraction(0)
    return (_ramped(effect, last - onset) - _ramped(effect, first - onset)) / (end_s - begin_s)


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


def _ramped(effect: Effect, age_s: int) -> Fraction:
    """Integrate the strength from the onset to `age_s` seconds after it."""
    ramp = effect.ramp_over_s
    if age_s < ramp:
        return Fraction(age_s * age_s, 2 * ramp)
    return Fraction(2 * age_s - ramp, 2)


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
