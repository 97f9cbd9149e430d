"""An alarm to which missing data mean the wrong thing.

**Why.** AppConfig rolls back on INSUFFICIENT_DATA as on ALARM, CodeDeploy reacts to ALARM alone (AWS AppConfig guide,
Monitoring deployments for automatic rollback; aws/aws-cdk packages/aws-cdk-lib/aws-appconfig). What an alarm makes of
periods without a datapoint TreatMissingData says (awsdocs/amazon-cloudwatch-user-guide
doc_source/AlarmThatSendsEmail.md). So on a quiet service `missing` under AppConfig and `breaching` anywhere take back
healthy releases; and under CodeDeploy a version that answers nobody, and so reports no latency, is completed unless
missing data are `breaching`. The chance is that of an empty period, of Poisson's law if arrivals are.

**Instead.** `notBreaching` for counts that are absent when they are 0, `breaching` for what a living service always
reports, a longer period where periods may be empty. Before, `TreatMissingData: missing` on a count of errors under
AppConfig; after, `TreatMissingData: notBreaching`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from canary_runner.linting.amounts import chance, few
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.outcomes import Outcome, State
from canary_runner.model.query import Measures
from canary_runner.model.service import Arrivals
from canary_runner.model.words import counted, duration

if TYPE_CHECKING:
    from fractions import Fraction

    from canary_runner.controllers.aws.watching import Watched
    from canary_runner.linting.asked import Asked
    from canary_runner.linting.manifests import ManifestFacts
    from canary_runner.model.diagnostics import Route
    from canary_runner.model.service import Service

ID = "insufficient-data"
SEVERITY = Severity.WARNING
MOST: Final = 0.01
"""Chance of too many empty periods in a row at which a finding is told."""


def check_manifest(manifest: ManifestFacts) -> Iterator[Diagnostic]:
    """Find alarms whose missing data roll back healthy releases, or hide dead ones."""
    shift = manifest.shift
    if shift is None:
        return
    stops = [_stops_without_data(manifest, one) for one in manifest.asked]
    for one, is_stopped, watched in zip(manifest.asked, stops, shift.alarms, strict=False):
        if is_stopped:
            yield from _empty_periods(manifest, one, watched)
        elif not any(stops) and manifest.policy.system == "codedeploy" and _is_always_reported(watched):
            yield _silence(manifest, one, watched)


def _stops_without_data(manifest: ManifestFacts, one: Asked) -> bool:
    """Tell whether a deployment is rolled back where one alarm never has a datapoint and the others are content."""
    letters = tuple(
        asked.question.outcomes.index(Outcome.INCONCLUSIVE if asked is one else Outcome.PASS)
        for asked in manifest.asked
    )
    return manifest.course_with(letters).state is State.ROLLED_BACK


def _is_always_reported(watched: Watched) -> bool:
    """Tell whether a living version has a datapoint, and a dead one none: a count of errors is no such metric."""
    return watched.query.measures is not Measures.ERRORS


def _empty_periods(manifest: ManifestFacts, one: Asked, watched: Watched) -> Iterator[Diagnostic]:
    """Tell of an alarm whose periods may be empty on a healthy service, at the share at which it first has traffic."""
    query, alarm = watched.query, watched.alarm
    mean, what = _mean(manifest, one, watched), "request"
    if query.measures is Measures.ERRORS and query.zero_is_missing:
        mean, what = mean * manifest.service.error_rate, "error"
    empty = _none(mean, what, manifest.service)
    needs = _periods_until_stop(manifest, watched)
    if empty**needs < MOST:
        return
    message = (
        f'"{one.name}" has {few(mean)} {what}s in a period of {duration(query.window_s)} of a healthy service, none '
        f"with chance {chance(empty)}: {counted(needs, 'period')} without data, {alarm.missing.value} here, roll back"
    )
    help = "write a longer Period: with notBreaching a version that answers nobody would be completed"
    if what == "error":
        help = "write TreatMissingData: notBreaching"
    elif manifest.policy.system != "codedeploy" or not _is_always_reported(watched):
        help = "write a longer Period, or notBreaching"
    yield Diagnostic(ID, SEVERITY, _place(manifest, watched), message, help)


def _place(manifest: ManifestFacts, watched: Watched) -> Route:
    """Return what says what missing data are: where nothing does, the metric."""
    keys = ("TreatMissingData", "MetricName", "Metrics")
    given = [key for key in keys if manifest.data_at((*watched.route, key)) is not None]
    return (*watched.route, *given[:1])


def _periods_until_stop(manifest: ManifestFacts, watched: Watched) -> int:
    """Return how many periods without a datapoint, after ones that did not breach, stop a deployment."""
    from canary_runner.controllers.aws.clock import ClockMachine
    from canary_runner.controllers.aws.watching import BEYOND_N, POINTS, Remembered, after_period

    assert isinstance(manifest.machine, ClockMachine)
    length = watched.alarm.evaluation_periods + BEYOND_N
    remembered, number = Remembered((False,) * length), 0
    while not manifest.machine.stops(remembered.state) and number < length:
        remembered, number = after_period(watched, remembered, POINTS.index(None)), number + 1
    return number


def _none(mean: Fraction, what: str, service: Service) -> float:
    """Return the chance that nothing comes where `mean` come in the mean."""
    if what == "error" or service.arrivals is Arrivals.POISSON:
        return math.exp(-float(mean))
    return float(mean < 1)


def _silence(manifest: ManifestFacts, one: Asked, watched: Watched) -> Diagnostic:
    message = (
        f'a version that answers 0 requests reports nothing to "{watched.name}", and data that are missing are '
        f"{watched.alarm.missing.value}: it is completed"
    )
    mean = _mean(manifest, one, watched)
    periods = watched.alarm.datapoints_to_alarm
    is_enough = _none(mean, "request", manifest.service) ** periods < MOST
    help = "write TreatMissingData: breaching"
    if not is_enough:
        help += f" and a longer Period: {few(mean)} requests come in {duration(watched.query.window_s)}"
    return Diagnostic(ID, SEVERITY, _place(manifest, watched), message, help)


def _mean(manifest: ManifestFacts, one: Asked, watched: Watched) -> Fraction:
    """Return how many requests come in a period in the mean, at the share at which it first has traffic."""
    share = next((share for _, share in manifest.course().shares if share > 0), manifest.course().reaches)
    return one.sees(manifest.service, share, watched.query.window_s)
