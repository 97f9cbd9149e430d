"""An alarm that needs more time than the step in which it should stop the release.

**Why.** An alarm goes off at the earliest DatapointsToAlarm periods after the first bad minute, and CloudWatch gets its
numbers later still (awsdocs/amazon-cloudwatch-user-guide doc_source/AlarmThatSendsEmail.md); the shift goes on by the
clock meanwhile (awsdocs/aws-codedeploy-user-guide doc_source/deployment-configurations.md; AppConfig:
aws/aws-cdk packages/aws-cdk-lib/aws-appconfig). A canary of 10 % for 5 minutes is everybody at minute 5, and the
deployment is over: an alarm of 5 minutes comes as it ends.

**Instead.** Fewer or shorter periods, or longer steps: before, `Period: 300` with Canary10Percent5Minutes; after,
`Period: 60` with `EvaluationPeriods: 2`, or Canary10Percent30Minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from canary_runner.model.diagnostics import Diagnostic, Related, Severity
from canary_runner.model.words import duration, share

if TYPE_CHECKING:
    from canary_runner.controllers.aws.schedule import Schedule
    from canary_runner.controllers.aws.watching import Watched
    from canary_runner.linting.manifests import ManifestFacts

ID = "alarm-slower-than-step"
SEVERITY = Severity.WARNING


def check_manifest(manifest: ManifestFacts) -> Iterator[Diagnostic]:
    """Find alarms that go off after the next step: at it, where that is everybody and the end."""
    shift = manifest.shift
    if shift is None:
        return
    schedule, ends_s = manifest.schedule
    for watched in shift.alarms:
        needs_s = watched.alarm.datapoints_to_alarm * watched.query.window_s
        step_s = int(schedule[1].at_s) if len(schedule) > 1 else ends_s
        is_last = len(schedule) <= 2
        if needs_s > step_s or (needs_s == step_s and is_last and ends_s == step_s):
            yield _finding(manifest, watched, schedule, needs_s, step_s, ends_s)


def _finding(
    manifest: ManifestFacts, watched: Watched, schedule: Schedule, needs_s: int, step_s: int, ends_s: int
) -> Diagnostic:
    from canary_runner.controllers.aws.schedule import percent_at

    alarm, first = watched.alarm, schedule[0].percent / 100
    then = percent_at(schedule, schedule[0].at_s + needs_s) / 100
    if needs_s >= ends_s:
        what = f"the deployment is over after {duration(ends_s)}"
    else:
        what = f"by then {share(then)} have the new version"
    message = (
        f"{alarm.datapoints_to_alarm} of {alarm.evaluation_periods} periods of {duration(watched.query.window_s)} are "
        f"{duration(needs_s)}, and the step at {share(first)} lasts {duration(step_s)}: {what}"
    )
    key = "DatapointsToAlarm" if alarm.datapoints_to_alarm < alarm.evaluation_periods else "Period"
    fits = f" that fit into {duration(step_s)} with time to spare" if step_s else ""
    help = f"write fewer or shorter periods{fits}, or longer steps"
    related = (Related(manifest.policy.route, "this goes on meanwhile"),)
    return Diagnostic(ID, SEVERITY, (*watched.route, key), message, help, related=related)
