"""Test files run: every case for every policy and service, until all expectations are decided."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor

from canary_runner.compiling.plan import make_plan
from canary_runner.model.diagnostics import Document
from canary_runner.model.expectation import TestCase, TestedCase, TestFile, TestReport, Verdict
from canary_runner.model.foreign import AnyPolicy
from canary_runner.model.plan import Approval
from canary_runner.model.service import GENERIC_WEB, Service
from canary_runner.model.study import StudyOptions
from canary_runner.studies.crew import Workers, crew
from canary_runner.studies.expectations import MOST_RUNS, hold
from canary_runner.studies.inputs import input_of
from canary_runner.studies.names import each_once
from canary_runner.studies.sampling import Stopped
from canary_runner.studies.study import Way

Progress = Callable[[int, int, str], None]


def run_tests(
    files: Sequence[TestFile],
    options: StudyOptions,
    *,
    keyword: str = "",
    is_fail_fast: bool = False,
    most_runs: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> TestReport:
    """Run every test whose name holds `keyword`, for every policy and service of its file.

    Names that several policies or services have are numbered. Raises NotExact.
    """
    found: list[TestedCase] = []
    policies = each_once([policy for file in files for policy in file.policies])
    services = each_once([service for file in files for service in file.services])
    asked = [
        (
            file.document,
            policies[policy.value].value,
            services[service.value].value if service else GENERIC_WEB,
            case,
        )
        for file in files
        for policy, service, case in file.questions()
        if keyword.casefold() in case.name.casefold()
    ]
    with crew(options.jobs, executor) as workers:
        for number, (document, policy, normal, case) in enumerate(asked):
            if progress:
                progress(number, len(asked), f"{policy.name} / {case.name}")
            try:
                found.append(_tested(document, policy, normal, case, options, workers, most_runs or MOST_RUNS))
            except (Stopped, KeyboardInterrupt):
                break
            if is_fail_fast and found[-1].verdict is not Verdict.PASS:
                break
    return TestReport(
        tuple(found),
        options.seed,
        policies=tuple(input_of(one) for one in policies.values()),
        services=tuple(input_of(one) for one in services.values()),
        is_complete=len(found) == len(asked),
    )


def _tested(
    document: Document,
    policy: AnyPolicy,
    service: Service,
    case: TestCase,
    options: StudyOptions,
    workers: Workers,
    most_runs: int,
) -> TestedCase:
    start = {} if options.start_at_s is None else {"start_at_s": options.start_at_s}
    plan = make_plan(policy, service, case.scenario, approval=Approval(case.approval_delay_s), **start)
    held = hold(plan, case.expectations, Way(options.method, seed=options.seed, workers=workers), most_runs)
    return TestedCase(document, policy.name, service.name, case.name, case.scenario.name, held)
