"""Expectations held against a study: exact numbers at once, sampled ones when the evidence is in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from canary_runner.engines.counting import Table, paths_of
from canary_runner.model.expectation import Expectation, Held, Verdict
from canary_runner.model.plan import Plan
from canary_runner.model.study import Characteristics
from canary_runner.studies.characteristics import characteristics
from canary_runner.studies.estimates import Sample
from canary_runner.studies.quantities import QUANTITIES
from canary_runner.studies.sampling import sample
from canary_runner.studies.study import Way, exactly
from canary_runner.studies.verdicts import exact_verdict, sampled_verdict

MOST_RUNS = 1_000_000
"""Rollouts that are walked for one test at most, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Enough when no expectation is open any more, or when `runs` rollouts are walked."""

    plan: Plan
    expectations: tuple[Expectation, ...]
    runs: int | None = MOST_RUNS

    def is_enough(self, table: Table, runs: int) -> bool:
        """Tell whether a prefix of blocks is enough."""
        if self.runs is not None and runs >= self.runs:
            return True
        sample = Sample(paths_of(table), runs)
        return all(sampled_verdict(one, self.plan, sample) is not Verdict.INCONCLUSIVE for one in self.expectations)


def hold(plan: Plan, expectations: Sequence[Expectation], way: Way, most_runs: int = MOST_RUNS) -> tuple[Held, ...]:
    """Hold every expectation against what the plan's rollouts do. Raises Stopped, NotExact, ImpossibleWorldError."""
    exact, why = exactly(plan, way.method)
    if exact is not None:
        found = characteristics(plan, exact, None)
        return tuple(_held(one, exact_verdict(one, QUANTITIES[one.quantity].of(found)), found) for one in expectations)
    effort = Evidence(plan, tuple(expectations), most_runs)
    walked = sample(plan, way.seed, effort, way.workers, progress=way.progress)
    found = characteristics(plan, walked, why)
    return tuple(_held(one, sampled_verdict(one, plan, walked), found) for one in expectations)


OF_OTHERS: Final = ("rollout_duration", "pause", "unguarded")
"""Quantities, by their first words, of rollouts that are not rolled back: what takes others back explains nothing."""


def _held(expectation: Expectation, verdict: Verdict, found: Characteristics) -> Held:
    estimate = QUANTITIES[expectation.quantity].of(found)
    is_of_rollbacks = not expectation.quantity.startswith(OF_OTHERS) and bool(found.decided_in)
    return Held(expectation, verdict, estimate, found.decided_in[0] if is_of_rollbacks else None)
