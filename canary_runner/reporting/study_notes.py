"""What stands beneath the numbers of a study: how they were obtained, and what they do not show."""

from collections.abc import Iterable, Sequence

from canary_runner.model import words
from canary_runner.model.scenario import Scenario
from canary_runner.model.shown import shown
from canary_runner.model.study import Characteristics, StudyInputs, Sweep
from canary_runner.reporting.study_words import chance, how_obtained, named_alike, plain_amount, redefined


def falsely(one: Characteristics) -> list[str]:
    """Say how many are rolled back before the canary is worse, where that is neither none of the rollbacks nor all."""
    false, detected = one.false_rollback_probability, one.detection_probability
    if not false.value or not detected.value:
        return []
    return [f"{one.scenario}: {chance(false)} falsely, before the canary is worse"]


def caught(sweep: Sweep) -> list[str]:
    """Return the smallest size that is caught as surely as each level says."""
    smallest = sweep.points[0].written if sweep.points else None
    already = {smallest: f"already from {smallest}, the smallest asked", None: "by none of these"}
    return [
        f"{level:>4} caught {already.get(size, f'from {size} on')}" for level, size in sweep.smallest_caught.items()
    ]


def unguarded(found: Sequence[Characteristics]) -> list[str]:
    """Return what completion exposes that no stage has carried; by policy and service, where they differ."""
    most: dict[tuple[str, str], tuple[float, float]] = {}
    for one in found:
        after, owner = one.unguarded, (one.policy, one.service)
        requests, errors = most.get(owner, (0.0, 0.0))
        requests = max(requests, after.requests_per_hour.value or 0.0)
        most[owner] = requests, max(errors, after.extra_errors_per_hour.value or 0.0)
    are_alike = len(set(most.values())) == 1
    told: dict[str, None] = {}
    for (policy, service), (requests, errors) in most.items():
        of = "" if are_alike else f" of {shown(policy)} on {shown(service)}"
        if requests > 0:
            carried = f"{plain_amount(requests)} requests an hour that no stage carried"
            more = f", up to {round(errors):,} extra errors an hour" if round(errors) else ""
            told[f"completion{of} exposes {carried}{more}"] = None
    return list(told)


def notes(
    inputs: StudyInputs, found: Sequence[Characteristics], is_complete: bool, builtin: Iterable[Scenario] = ()
) -> list[str]:
    """Return sentences that stand beneath a table: how its numbers were obtained, and what it does not show."""
    notes = [*how_obtained(found, inputs.seed), *named_alike(inputs.policies), *redefined(inputs.scenarios, builtin)]
    if inputs.service_is_assumed:
        _, service = inputs.services[0]
        rate, errors = words.requests_rate(service.rate_rps), words.percent(service.error_rate)
        notes.append(f"assumed service {service.name}: {rate}, {errors} errors; give yours with --service")
    notes += unguarded(found)
    if not is_complete:
        notes.append("stopped before the end: what is missing was not studied")
    return notes
