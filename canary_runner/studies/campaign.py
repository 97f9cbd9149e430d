"""A study: every policy on every service in every scenario, and sweeps of a change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from canary_runner.compiling.plan import make_plan
from canary_runner.model.plan import Approval
from canary_runner.model.policy import Policy
from canary_runner.model.scenario import Scenario
from canary_runner.model.service import Service
from canary_runner.model.study import Characteristics, StudyInputs, StudyResult, Sweep, SweepPoint
from canary_runner.studies.sampling import Stopped
from canary_runner.studies.study import Way, characterise

LEVELS = ("50%", "80%", "95%", "99%")
"""Chances of detection for which a sweep names the smallest regression."""


@dataclass(frozen=True, slots=True)
class SweepRequest:
    """Sizes of a change, from the smallest on, each as a scenario."""

    route: str
    points: tuple[tuple[str, Scenario], ...]  # as written, and what it makes of the scenario


Progress = Callable[[int, int, str], None]
"""(parts done, parts in all, what is being done)."""


def study(
    policies: Sequence[Policy],
    services: Sequence[Service],
    scenarios: Sequence[Scenario],
    inputs: StudyInputs,
    way: Way,
    *,
    sweep: SweepRequest | None = None,
    approval: Approval,
    progress: Progress | None = None,
) -> StudyResult:
    """Answer for every policy, service and scenario, in that order.

    After Ctrl-C the result holds what was finished and is not complete. Raises NotExact, ImpossibleWorldError.
    """
    asked = [one[1] for one in sweep.points] if sweep else list(scenarios)
    every = [(p, s, c) for p in policies for s in services for c in asked]
    found: list[Characteristics] = []
    is_complete = True
    for number, (policy, service, scenario) in enumerate(every):
        what = f"{policy.name} / {scenario.name}"
        if progress:
            progress(number, len(every), what)
        plan = make_plan(policy, service, scenario, start_at_s=inputs.start_at_s, approval=approval)
        try:
            found.append(characterise(plan, _watched(way, progress, number, len(every), what), f"{number}"))
        except (Stopped, KeyboardInterrupt):
            is_complete = False
            break
    if sweep is None:
        return StudyResult(tuple(found), (), inputs, is_complete)
    size = len(asked)
    curves = [_sweep(sweep, found[i : i + size]) for i in range(0, len(found), size)]
    return StudyResult((), tuple(curves), inputs, is_complete)


def _watched(way: Way, progress: Progress | None, number: int, parts: int, what: str) -> Way:
    if progress is None:
        return way

    def tell(runs: int, of: int | None) -> None:
        progress(number, parts, f"{what}: {runs:,} rollouts" + (f" of {of:,}" if of else ""))

    return replace(way, progress=tell)


def _sweep(request: SweepRequest, found: Sequence[Characteristics]) -> Sweep:
    written = [one[0] for one in request.points]
    points = tuple(SweepPoint(w, c) for w, c in zip(written, found, strict=False))
    return Sweep(request.route, points, {level: _smallest(points, float(level[:-1]) / 100) for level in LEVELS})


def _smallest(points: Sequence[SweepPoint], level: float) -> str | None:
    """Return the smallest swept size from which on every one is caught with at least this chance."""
    smallest = None
    for point in reversed(points):
        if (point.characteristics.rollback_probability.value or 0.0) < level:
            break
        smallest = point.written
    return smallest
