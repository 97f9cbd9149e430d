"""A small machine for tests: weights in order, each looked at some times; so many failures in all roll back."""

from dataclasses import dataclass, replace
from fractions import Fraction

from canary_runner.model.machine import Look, Segment, Standing
from canary_runner.model.outcomes import Outcome, State
from canary_runner.model.query import Measures, Query, Sees


@dataclass(frozen=True)
class Below:
    """Passes up to a limit."""

    query: Query
    limit: float
    name: str = "metric"
    letters = ("passes", "fails", "nothing")
    outcomes = (Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE)

    @property
    def cuts(self):
        return (self.limit,)

    def letter(self, answer):
        return 2 if not isinstance(answer, float) else int(answer > self.limit)


@dataclass(frozen=True)
class At:
    """Where a toy stands: the weight, looks made there, failures there so far."""

    weight: int = 0
    looks: int = 0
    failures: tuple[int, ...] = ()
    ended: State | None = None
    why: tuple[int, ...] = ()


@dataclass(frozen=True)
class Toy:
    """Looks every `every_s`; the failures that one question may make in a weight are fewer than `allowed`."""

    questions: tuple[Below, ...]
    weights: tuple[int, ...] = (10, 50)
    every_s: int = 60
    looks: int = 3
    allowed: int = 2
    tick_s: int = 60
    copied: Fraction = Fraction(0)
    synthetic_rps: Fraction = Fraction(0)

    @property
    def segments(self):
        return tuple(
            Segment(f"weight {w}", Fraction(w, 100), True, self.copied, self.synthetic_rps) for w in self.weights
        )

    def start(self):
        return At(failures=(0,) * len(self.questions))

    def look(self, state):
        return None if state.ended else Look(self.every_s, tuple(range(len(self.questions))))

    def advance(self, state, letters):
        failures = tuple(n + (letter == 1) for n, letter in zip(state.failures, letters, strict=True))
        over = tuple(i for i, n in enumerate(failures) if n >= self.allowed)
        if over:
            return replace(state, failures=(), ended=State.ROLLED_BACK, why=over)
        if state.looks + 1 < self.looks:
            return replace(state, looks=state.looks + 1, failures=failures)
        if state.weight + 1 < len(self.weights):
            return At(weight=state.weight + 1, failures=(0,) * len(self.questions))
        return replace(state, failures=(), ended=State.COMPLETED)

    def standing(self, state):
        return Standing(state.ended or State.PROGRESSING, "toy", state.weight, "as it goes", state.why)


def error_ratio(limit, window_s=60, sees=Sees.CANARY):
    return Below(Query(Measures.ERROR_RATIO, window_s, sees), limit, "errors")


def latency(limit_s, quantile="0.99", window_s=60, sees=Sees.CANARY):
    return Below(Query(Measures.LATENCY_QUANTILE, window_s, sees, quantile=Fraction(quantile)), limit_s, "latency")
