"""All that decides the numbers of a run, for its result. To import this module costs no engine and no study."""

from canary_runner.model.foreign import AnyPolicy
from canary_runner.model.loaded import Loaded
from canary_runner.model.plan import Plan
from canary_runner.model.results import RunInputs
from canary_runner.model.service import Service


def run_inputs(
    plan: Plan, policy: Loaded[AnyPolicy], service: Loaded[Service] | None, seed: int, run: int
) -> RunInputs:
    """Return what a run was asked."""
    return RunInputs(
        policy=plan.policy,
        policy_file=file_of(policy),
        policy_sha256=policy.document.sha256,
        service=plan.service,
        service_file=file_of(service) if service else None,
        service_sha256=service.document.sha256 if service else None,
        service_is_assumed=service is None,
        scenario=plan.scenario,
        seed=seed,
        run=run,
        start_at_s=plan.start_at_s,
        approval_delay_s=plan.approval.delay_s,
        system=plan.system,
        further=further_of(policy),
    )


def further_of(loaded: Loaded[AnyPolicy] | Loaded[Service]) -> tuple[tuple[str, str], ...]:
    """Return name and hash of the files that were read beside a manifest."""
    return tuple((document.name, document.sha256) for _, document in loaded.document.further)


def file_of(loaded: Loaded[AnyPolicy] | Loaded[Service]) -> str | None:
    """Return the file of a policy or service; None if it came on standard input."""
    return None if loaded.document.name == "-" else loaded.document.name
