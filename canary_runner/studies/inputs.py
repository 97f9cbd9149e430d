"""All that decides the numbers of a study, for its result."""

from collections.abc import Sequence

from canary_runner.model.foreign import AnyPolicy
from canary_runner.model.loaded import Loaded
from canary_runner.model.scenario import Scenario
from canary_runner.model.service import GENERIC_WEB, MEAN_RISING_S, Service
from canary_runner.model.study import PRECISION, Input, StudyInputs, StudyOptions
from canary_runner.studies.run_inputs import file_of, further_of


def study_inputs(
    policies: Sequence[Loaded[AnyPolicy]],
    service: Loaded[Service] | None,
    scenarios: Sequence[Scenario],
    options: StudyOptions,
) -> StudyInputs:
    """Return what a study was asked, with what was left open filled in; without a service it is the assumed one."""
    normal = service.value if service else GENERIC_WEB
    return StudyInputs(
        policies=tuple(input_of(one) for one in policies),
        services=((input_of(service) if service else Input(normal.name, None, None), normal),),
        service_is_assumed=service is None,
        scenarios=tuple(scenarios),
        seed=options.seed,
        method=options.method,
        runs=options.runs,
        precision=None if options.runs or options.relative_precision else options.precision or PRECISION,
        relative_precision=options.relative_precision,
        start_at_s=MEAN_RISING_S if options.start_at_s is None else options.start_at_s,
        approval_delay_s=options.approval_delay_s,
    )


def input_of(loaded: Loaded[AnyPolicy] | Loaded[Service]) -> Input:
    """Return which file a policy or service is of, as results name it."""
    return Input(loaded.value.name, file_of(loaded), loaded.document.sha256, further_of(loaded))
