"""Do an engine and the oracle agree? One z-score for each number, so that a test can ask for |z| < 5.

    runs = [rollout(policy, service, scenario, seed, approval_delay_s=0) for seed in range(1000)]
    engine = EngineRuns()
    ... engine.add(ending_name(State.ROLLED_BACK, 1, ("error_rate",)), ended_at_s, canary_requests) ...
    scores = compare("W1", runs, engine)
    assert not disagreements(scores)

An exact engine says `ExactFigures` instead. Times and requests are compared among the runs of one ending, so that a
rare ending cannot hide in a mean, and only where both sides have enough runs for a mean to be nearly normal.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist, fmean, variance

from canary_runner.model.outcomes import State
from tests.oracle.interpreter import OracleResult

ENOUGH = 50
"""Runs of one ending from which on its means are compared."""

FAR = 37.0
"""The z-score of what a double holds impossible."""


@dataclass
class EngineRuns:
    """Sampled runs of an engine, by ending: how many are the lengths of the lists."""

    ended_at_s: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    canary_requests: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))  # may stay empty

    def add(self, ending: str, ended_at_s: int, canary_requests: int | None = None) -> None:
        self.ended_at_s[ending].append(ended_at_s)
        if canary_requests is not None:
            self.canary_requests[ending].append(canary_requests)


@dataclass
class ExactFigures:
    """What an engine knows without sampling, by ending. Means are of the runs with that ending, and may be left out."""

    probability: Mapping[str, float]
    mean_ended_at_s: Mapping[str, float] = field(default_factory=dict)
    mean_canary_requests: Mapping[str, float] = field(default_factory=dict)


def ending_name(state: State, stage: int | None, deciding_checks: Sequence[str] = ()) -> str:
    """Return the finest name of an ending that all engines can give: `ROLLED_BACK in stage 1 by error_rate`."""
    if state is State.COMPLETED:
        return state.value
    by = f" by {' and '.join(sorted(deciding_checks))}" if state is State.ROLLED_BACK else ""
    return f"{state.value} in stage {stage}{by}"


def ending_of(result: OracleResult) -> str:
    """Return the name of an oracle run's ending."""
    return ending_name(result.final_state, result.stage_of_decision, result.deciding_checks)


def compare(
    name: str,
    oracle_results: Sequence[OracleResult],
    engine: EngineRuns | ExactFigures,
    ending: Callable[[OracleResult], str] = ending_of,
) -> dict[str, float]:
    """Return a z-score for each number by its name; positive where the oracle's is larger.

    Probabilities have exact tests (binomial or hypergeometric), turned into z: they hold for rare endings too.
    """
    times, requests = defaultdict(list), defaultdict(list)
    for result in oracle_results:
        times[ending(result)].append(result.ended_at_s)
        requests[ending(result)].append(result.canary_requests)
    runs = len(oracle_results)
    if isinstance(engine, ExactFigures):
        z_of_count = {e: binomial_z(len(times[e]), runs, p) for e, p in engine.probability.items()}
        z_of_count |= {e: binomial_z(len(times[e]), runs, 0.0) for e in times if e not in engine.probability}
        means = (("ended_at_s", times, engine.mean_ended_at_s), ("requests", requests, engine.mean_canary_requests))
        mean_z = one_sample_z
    else:
        engine_runs = sum(map(len, engine.ended_at_s.values()))
        z_of_count = {
            e: two_counts_z(len(times[e]), runs, len(engine.ended_at_s.get(e, ())), engine_runs)
            for e in {**times, **engine.ended_at_s}
        }
        means = (("ended_at_s", times, engine.ended_at_s), ("requests", requests, engine.canary_requests))
        mean_z = two_samples_z
    scores = {f"{name}: P({e})": z for e, z in sorted(z_of_count.items())}
    for what, ours, theirs in means:
        for e in sorted(ours):
            if e in theirs and len(ours[e]) >= ENOUGH:
                scores[f"{name}: mean {what} of {e}"] = mean_z(ours[e], theirs[e])
    return scores


def disagreements(scores: Mapping[str, float], limit: float = 5.0) -> dict[str, float]:
    """Return the scores that are too far out."""
    return {name: z for name, z in scores.items() if not abs(z) < limit}


def binomial_z(events: int, trials: int, chance: float) -> float:
    """Return how far `events` is from what Bin(trials, chance) gives."""
    if chance <= 0 or chance >= 1:
        expected = trials if chance >= 1 else 0
        return 0.0 if events == expected else math.copysign(FAR, events - expected)

    def log_chance(k):
        return log_ways(trials, k) + k * math.log(chance) + (trials - k) * math.log1p(-chance)

    return tail_z(events, trials, [math.exp(log_chance(k)) for k in range(trials + 1)])


def two_counts_z(ours: int, our_runs: int, theirs: int, their_runs: int) -> float:
    """Return how far `ours` is from its share of all events, given their number (Fisher's exact test)."""
    events = ours + theirs

    def chance(k):
        if k > events or events - k > their_runs:
            return 0.0
        ways = log_ways(our_runs, k) + log_ways(their_runs, events - k)
        return math.exp(ways - log_ways(our_runs + their_runs, events))

    return tail_z(ours, our_runs, [chance(k) for k in range(our_runs + 1)])


def log_ways(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def tail_z(seen: int, most: int, chances: Sequence[float]) -> float:
    """Return the z-score whose normal tail is the smaller tail that begins at `seen`; 0 if both are above a half."""
    below, above = math.fsum(chances[: seen + 1]), math.fsum(chances[seen : most + 1])
    tail = min(below, above, 0.5)
    z = -NormalDist().inv_cdf(tail) if tail > 1e-300 else FAR
    return z if above < below else -z


def one_sample_z(ours: Sequence[int], mean: float) -> float:
    """Return how far the mean of a sample is from what it should be."""
    return ratio(fmean(ours) - mean, variance(ours) / len(ours), scale=mean)


def two_samples_z(ours: Sequence[int], theirs: Sequence[int]) -> float:
    """Return how far apart the means of two samples are; 0 if the other one is too small to say."""
    if len(theirs) < ENOUGH:
        return 0.0
    pooled = variance([*ours, *theirs])
    return ratio(fmean(ours) - fmean(theirs), pooled / len(ours) + pooled / len(theirs), scale=fmean(theirs))


def ratio(difference: float, squared_error: float, scale: float) -> float:
    if squared_error > 0:
        return difference / math.sqrt(squared_error)
    return 0.0 if abs(difference) <= 1e-9 * max(1.0, abs(scale)) else math.copysign(FAR, difference)
