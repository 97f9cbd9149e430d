"""A study: every policy on every service in every scenario, and sweeps of a change."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace

from canary_runner.compiling.plan import make_plan
from canary_runner.model.foreign import AnyPolicy
from canary_runner.model.loaded import Loaded
from canary_runner.model.plan import Approval, Plan
from canary_runner.model.scenario import Scenario
from canary_runner.model.service import Service
from canary_runner.model.study import Characteristics, StudyOptions, StudyResult, Sweep, SweepPoint, SweepRequest
from canary_runner.studies.crew import crew
from canary_runner.studies.inputs import study_inputs
from canary_runner.studies.names import renamed, side_by_side
from canary_runner.studies.sampling import Effort, Memory, Stopped
from canary_runner.studies.study import Way, characterise

LEVELS = ("50%", "80%", "95%", "99%")
"""Chances of detection for which a sweep names the smallest regression."""


Progress = Callable[[int, int, str], None]
"""(parts done, parts in all, what is being done)."""


def study(
    policies: Sequence[Loaded[AnyPolicy]],
    service: Loaded[Service] | None,
    scenarios: Sequence[Scenario],
    options: StudyOptions,
    sweep: SweepRequest | None = None,
    executor: Executor | None = None,
    memory: Memory | None = None,
    progress: Progress | None = None,
) -> StudyResult:
    """Answer for every policy and scenario, in that order; with a sweep `scenarios` are its points.

    Names that several policies have are numbered.
    After Ctrl-C the result holds what was finished and is not complete. Raises NotExact, ImpossibleWorldError.
    """
    apart = side_by_side([policy.value for policy in policies])
    inputs = study_inputs(
        [renamed(p, one.name) for p, one in zip(policies, apart, strict=True)], service, scenarios, options
    )
    if memory is not None:
        memory.begin(inputs)
    ((_, normal),) = inputs.services
    approval = Approval(options.approval_delay_s)
    plans = [
        make_plan(policy, normal, scenario, start_at_s=inputs.start_at_s, approval=approval)
        for policy in apart
        for scenario in scenarios
    ]
    with crew(options.jobs, executor) as workers:
        effort = Effort(inputs.runs, inputs.precision, inputs.relative_precision)
        way = Way(options.method, effort, options.seed, workers, memory)
        found = _answers(plans, way, progress)
    is_complete = len(found) == len(plans)
    if sweep is None:
        return StudyResult(tuple(found), (), inputs, is_complete)
    size = len(scenarios)
    curves = [_sweep(sweep, found[i : i + size]) for i in range(0, len(found), size)]
    return StudyResult((), tuple(curves), inputs, is_complete)


def _answers(plans: Sequence[Plan], way: Way, progress: Progress | None) -> list[Characteristics]:
    """Return what every plan does, up to where Ctrl-C stops it."""
    found: list[Characteristics] = []
    for number, plan in enumerate(plans):
        what = f"{plan.policy.name} / {plan.scenario.name}"
        if progress:
            progress(number, len(plans), what)
        try:
            found.append(characterise(plan, _watched(way, progress, number, len(plans), what), f"{number}"))
        except (Stopped, KeyboardInterrupt):
            break
    return found


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
        if (point.characteristics.detection_probability.value or 0.0) < level:
            break
        smallest = point.written
    return smallest
