"""Worlds that cannot be: error rates that are none, more requests than can be counted, bursts with endless tables."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from canary_runner.model.plan import Plan
from canary_runner.model.scenario import Effect
from canary_runner.model.service import Service
from canary_runner.model.words import plain
from canary_runner.scenarios.bursts import MOST_BURSTY, largest_burstiness, table_width
from canary_runner.scenarios.effects import changed_error_rate
from canary_runner.stats.limits import LARGEST

MOST_REQUESTS = int(0.9 * LARGEST)
"""Most requests that an arm may expect in a check interval; a count above the mean must fit too."""


class ImpossibleWorldError(ValueError):
    """A plan's service under its scenario is none that can be simulated.

    `help` says what to write instead; `route` is the place in the service's file that is wrong, if it is that file.
    """

    def __init__(self, message: str, help: str, route: tuple[str, ...] | None = None) -> None:
        super().__init__(message)
        self.help = help
        self.route = route


def refuse_impossible(plan: Plan, effects: Mapping[str, Sequence[Effect]]) -> None:
    """Raise ImpossibleWorldError where the effects on an arm, in their order, or its bursts of errors cannot be."""
    rates = {arm: _reachable_rates(plan.service.error_rate, acting) for arm, acting in effects.items()}
    for arm, reachable in rates.items():
        for rate in reachable:
            if not 0 <= rate <= 1:
                raise ImpossibleWorldError(
                    f"scenario {plan.scenario.name} gives the {arm} an error rate of {float(100 * rate):.6g}%, "
                    "outside 0% to 100%",
                    "write a smaller change of error_rate, or choose a service with another error rate",
                )
    for requests, arm, where in _intervals(plan):
        if requests > MOST_REQUESTS:
            message = f"{requests:,} requests of {where}, at most {MOST_REQUESTS:,}"
            raise ImpossibleWorldError(message, "write a smaller rate, or a shorter check_every", ("traffic", "rate"))
        if plan.service.burstiness > 0:
            _refuse_endless_bursts(plan.service, requests, rates[arm], where)


def _intervals(plan: Plan) -> Iterator[tuple[int, str, str]]:
    """Yield the most requests that an arm may expect in a check interval, with the arm and the place in words."""
    peak_rps = plan.service.rate_rps * (1 + plan.service.daily_swing)
    for stage in plan.stages:
        for arm, share in (("canary", stage.traffic), ("baseline", 1 - stage.traffic)):
            requests = int(peak_rps * stage.check_every_s * share)
            yield requests, arm, f"the {arm} in one check_every of stage {stage.name}"


def _reachable_rates(normal: Fraction, effects: Sequence[Effect]) -> list[Fraction]:
    """Return the rates with every effect off and on, if they can meet: between these they are linear in each."""
    reachable: list[tuple[Fraction, tuple[Effect, ...]]] = [(normal, ())]
    for effect in effects:
        reachable += [
            (changed_error_rate(rate, effect, Fraction(1)), (*acting, effect))
            for rate, acting in reachable
            if all(_may_meet(effect, other) for other in acting)
        ]
    return [rate for rate, _ in reachable]


def _may_meet(one: Effect, other: Effect) -> bool:
    """Tell whether two effects can act at once; one that waits for traffic may begin at any time."""
    first, second = sorted((one, other), key=lambda effect: effect.starting_after_s)
    is_over_s = None if first.lasting_s is None else first.starting_after_s + first.lasting_s
    return first.from_traffic is not None or is_over_s is None or second.starting_after_s < is_over_s


def _refuse_endless_bursts(service: Service, requests: int, rates: Sequence[Fraction], where: str) -> None:
    error_rate = float(min(max(Fraction(1, 2), min(rates)), max(rates)))  # the widest: a ramp meets all rates between
    width = table_width(requests, error_rate, float(service.burstiness))
    if width <= MOST_BURSTY:
        return
    most = largest_burstiness(requests, error_rate)
    raise ImpossibleWorldError(
        f"with burstiness {plain(service.burstiness)}, errors among the {requests:,} requests of {where} have more "
        f"than {MOST_BURSTY:,} likely counts: {width:,}",
        f"write {f'burstiness: {plain(most)} or less' if most else 'a smaller rate'}, or a shorter check_every",
        ("baseline", "burstiness"),
    )
