"""A comparison: policies in the same scenarios with the same luck, and how each differs from the first."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from canary_runner.compiling.plan import make_plan
from canary_runner.model.comparison import Built, CompareResult, Comparison
from canary_runner.model.foreign import AnyPolicy
from canary_runner.model.loaded import Loaded
from canary_runner.model.plan import Approval, Plan
from canary_runner.model.policy import Policy
from canary_runner.model.scenario import Scenario
from canary_runner.model.service import Service
from canary_runner.model.study import Characteristics, StudyInputs, StudyOptions
from canary_runner.stats.comoments import Comoments
from canary_runner.studies.characteristics import characteristics
from canary_runner.studies.crew import crew
from canary_runner.studies.differences import Found, differences
from canary_runner.studies.estimates import Sample
from canary_runner.studies.inputs import study_inputs
from canary_runner.studies.names import renamed, side_by_side
from canary_runner.studies.sampling import Effort, Stopped
from canary_runner.studies.study import Way, exactly, sampled
from canary_runner.studies.together import sample_together

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What every policy does in one scenario, and how the others differ from the first."""

    characteristics: tuple[Characteristics, ...]
    comparisons: tuple[Comparison, ...]


def compare(
    policies: Sequence[Loaded[AnyPolicy]],
    built: Sequence[Built],
    service: Loaded[Service] | None,
    scenarios: Sequence[Scenario],
    options: StudyOptions,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> CompareResult:
    """Compare the policies after the first, and those built, with the first.

    Names that several policies have are numbered. After Ctrl-C the result holds the scenarios that were finished and
    is not complete. Raises NotExact, ImpossibleWorldError.
    """
    given = side_by_side([*(policy.value for policy in policies), *(one.policy for one in built)])
    named = [renamed(policy, one.name) for policy, one in zip(policies, given, strict=False)]
    made = tuple(
        replace(one, source=given[0].name, policy=policy)
        for one, policy in zip(built, given[len(policies) :], strict=True)
        if isinstance(policy, Policy)
    )
    inputs = study_inputs(named, service, scenarios, options)
    answers: list[Answer] = []
    with crew(options.jobs, executor) as workers:
        way = Way(options.method, Effort(inputs.runs, inputs.precision), options.seed, workers)
        for number, scenario in enumerate(scenarios):
            plans = _plans(given, inputs, scenario)
            try:
                answers.append(answer(plans, _watched(way, progress, number, len(scenarios), scenario.name)))
            except (Stopped, KeyboardInterrupt):
                break
    results = tuple(one.characteristics[i] for i in range(len(given)) for one in answers)
    comparisons = tuple(one.comparisons[i] for i in range(len(given) - 1) for one in answers)
    return CompareResult(results, comparisons, made, inputs, len(answers) == len(scenarios))


def _plans(policies: Sequence[AnyPolicy], inputs: StudyInputs, scenario: Scenario) -> tuple[Plan, ...]:
    ((_, normal),) = inputs.services
    approval = Approval(inputs.approval_delay_s)
    return tuple(
        make_plan(policy, normal, scenario, start_at_s=inputs.start_at_s, approval=approval) for policy in policies
    )


def _watched(way: Way, progress: Progress | None, number: int, parts: int, what: str) -> Way:
    if progress is None:
        return way
    progress(number, parts, what)
    return replace(way, progress=lambda runs, of: progress(number, parts, f"{what}: {runs:,} rollouts"))


def answer(plans: Sequence[Plan], way: Way) -> Answer:
    """Return what the plans do in their scenario. Raises Stopped, NotExact, ImpossibleWorldError."""
    exact = [exactly(plan, way.method) for plan in plans]
    samples, ties = _samples(plans, [sample for sample, _ in exact], way)
    found = [
        Found(plan, sample, characteristics(plan, sample, why))
        for plan, sample, (_, why) in zip(plans, samples, exact, strict=True)
    ]
    reference = found[0]
    compared = tuple(
        Comparison(one.characteristics, reference.characteristics, differences(reference, one, tie))
        for one, tie in zip(found[1:], ties, strict=True)
    )
    return Answer(tuple(one.characteristics for one in found), compared)


def _samples(
    plans: Sequence[Plan], exact: Sequence[Sample | None], way: Way
) -> tuple[list[Sample], list[Comoments | None]]:
    """Return a sample of every plan, and for all but the first what ties it to the first: None if nothing does.

    What must be sampled is walked together where the first is among it, else by itself, as in a study.
    """
    asked = [place for place, sample in enumerate(exact) if sample is None]
    ties: list[Comoments | None] = [None] * len(plans)
    found = list(exact)
    if len(asked) > 1 and asked[0] == 0:
        together, tied = sample_together([plans[place] for place in asked], way)
        for number, place in enumerate(asked):
            found[place] = together[number]
            ties[place] = tied[:, number - 1] if number else None
    return [one or sampled(plan, way) for plan, one in zip(plans, found, strict=True)], ties[1:]
