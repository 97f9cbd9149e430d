"""Verbs that run policies: one rollout, all of its chances, differences, promises kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from canary_runner.api.checking import impossible_worlds
from canary_runner.model.diagnostics import UsageError
from canary_runner.model.manifest_options import NOTHING_SAID, ManifestOptions

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from canary_runner.model.comparison import CompareResult
    from canary_runner.model.expectation import TestReport
    from canary_runner.model.foreign import AnyPolicy
    from canary_runner.model.loaded import Loaded
    from canary_runner.model.plan import Approval
    from canary_runner.model.policy import Policy
    from canary_runner.model.results import RunResult
    from canary_runner.model.scenario import Scenario
    from canary_runner.model.service import Service
    from canary_runner.model.study import StudyOptions, StudyResult, SweepRequest
    from canary_runner.studies.campaign import Progress
    from canary_runner.studies.sampling import Memory


def simulate(
    policy: Loaded[AnyPolicy],
    service: Loaded[Service] | None,
    scenario: Scenario,
    *,
    seed: int = 0,
    run: int = 0,
    approval: Approval | None = None,
    start_at_s: int | None = None,
    trace: bool = True,
) -> RunResult:
    """Return rollout number `run` of a seed; without `approval` nobody opens a gate, and it starts at 8:00.

    Without `trace` the result has no analyses, and comes sooner.
    """
    from canary_runner.compiling.plan import make_plan
    from canary_runner.engines.explain import explain
    from canary_runner.model.plan import Approval
    from canary_runner.model.service import GENERIC_WEB, MEAN_RISING_S
    from canary_runner.studies.run_inputs import run_inputs

    normal = service.value if service else GENERIC_WEB
    start_s = MEAN_RISING_S if start_at_s is None else start_at_s
    plan = make_plan(policy.value, normal, scenario, start_at_s=start_s, approval=approval or Approval())
    with _answerable():
        return explain(plan, seed, run, run_inputs(plan, policy, service, seed, run), trace=trace)


def study(
    policies: Sequence[Loaded[AnyPolicy]],
    service: Loaded[Service] | None,
    scenarios: Sequence[Scenario],
    options: StudyOptions | None = None,
    *,
    sweep: SweepRequest | None = None,
    executor: Executor | None = None,
    memory: Memory | None = None,
    progress: Progress | None = None,
) -> StudyResult:
    """Return what policies do in scenarios, over all luck: exact where that is possible, else sampled.

    Args:
        policies: to be studied side by side.
        service: None for the service that is assumed.
        scenarios: each is answered for; not asked with a `sweep`.
        options: method, effort, seed, approval.
        sweep: sizes of a change instead.
        executor: used instead of threads.
        memory: where finished blocks are kept, so that a study can go on.
        progress: told how far the study is.

    Raises UsageError where only an exact answer will do and there is none, or where the world is impossible.
    """
    from canary_runner.model.study import StudyOptions
    from canary_runner.studies.campaign import study

    asked = list(scenarios) if sweep is None else [scenario for _, scenario in sweep.points]
    with _answerable():
        return study(policies, service, asked, options or StudyOptions(), sweep, executor, memory, progress)


def compare(
    policies: Sequence[Loaded[AnyPolicy]],
    service: Loaded[Service] | None,
    scenarios: Sequence[Scenario],
    options: StudyOptions | None = None,
    *,
    against: Sequence[str] = (),
    redeploy_s: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> CompareResult:
    """Return how policies differ from the first of them, in the same scenarios with the same luck.

    Args:
        policies: the first is the reference.
        service: None for the service that is assumed.
        scenarios: each is answered for.
        options: method, effort, seed, approval.
        against: strategies to build of the first policy's checks and add: "all-at-once", "blue-green", "rolling".
        redeploy_s: seconds that a redeploy takes, for these; five minutes if not given.
        executor: used instead of threads.
        progress: told how far it is.

    Raises UsageError for fewer than two policies, for what is no strategy, and where `study` does.
    """
    from canary_runner.model.study import StudyOptions
    from canary_runner.studies.comparing import compare
    from canary_runner.studies.strategies import REDEPLOY_S, build, strategy_of

    if not policies or len(policies) + len(against) < 2:
        help = "name another policy, or add --against all-at-once, blue-green or rolling"
        raise UsageError("there is one policy, and nothing to compare it with", help)
    if options is not None and options.relative_precision is not None:
        help = "write --precision 0.5pp, or ask study about each policy"
        raise UsageError("a comparison has no precision that is a share of a chance", help)
    takes_s = REDEPLOY_S if redeploy_s is None else redeploy_s
    built = [build(strategy_of(name), _ours(policies[0].value), takes_s) for name in dict.fromkeys(against)]
    with _answerable():
        return compare(policies, built, service, scenarios, options or StudyOptions(), executor, progress)


def _ours(policy: AnyPolicy) -> Policy:
    from canary_runner.model.policy import Policy

    if not isinstance(policy, Policy):
        help = "name a policy of ours first: canary-run import prints the one that equals a manifest, if there is one"
        raise UsageError(f"no strategy is built from a manifest of {policy.system}", help)
    return policy


def test(
    paths: Sequence[str],
    options: StudyOptions | None = None,
    *,
    keyword: str = "",
    is_fail_fast: bool = False,
    most_runs: int | None = None,
    manifests: ManifestOptions = NOTHING_SAID,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> TestReport:
    """Return what becomes of the tests in test files: exact numbers decide at once, sampled ones by the evidence.

    Args:
        paths: of test files; policies and services in them are relative to their folders.
        options: method, seed and jobs; runs and precision are not read.
        keyword: only tests whose name holds it.
        is_fail_fast: stop at the first test that does not pass.
        most_runs: rollouts to sample for one test; 1,000,000 if not given.
        manifests: what the call says beside manifests; it wins over what a test file says.
        executor: used instead of threads.
        progress: told how far the tests are.

    Raises InputError with every finding about all of these files and those that they name, UsageError.
    """
    from canary_runner.loading.tests_reader import load_tests
    from canary_runner.model.study import StudyOptions
    from canary_runner.studies.testing import run_tests

    files = load_tests(paths, impossible_worlds, manifests)
    with _answerable():
        return run_tests(
            files,
            options or StudyOptions(),
            keyword=keyword,
            is_fail_fast=is_fail_fast,
            most_runs=most_runs,
            executor=executor,
            progress=progress,
        )


@contextmanager
def _answerable() -> Iterator[None]:
    """Tell what no run of a study can answer as a wrong call."""
    from canary_runner.model.reasons import NotExact
    from canary_runner.scenarios.impossible import ImpossibleWorldError

    try:
        yield
    except NotExact as reason:
        raise UsageError(f"no exact answer: {reason}", "--method auto samples what cannot be exact") from None
    except ImpossibleWorldError as error:
        raise UsageError(str(error), error.help) from None
