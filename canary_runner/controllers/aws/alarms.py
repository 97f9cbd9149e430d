"""A CloudWatch alarm: M of the N newest datapoints breach, and what happens where datapoints are missing.

With N real datapoints in the evaluation range, only the newest N are read. With fewer:

| missing data | ALARM                                             | otherwise                                       |
|--------------|---------------------------------------------------|-------------------------------------------------|
| breaching    | those that breach and the gaps reach M            | OK                                              |
| notBreaching | those that breach reach M                         | OK                                              |
| ignore       | those that breach reach M                         | OK if a real one does not breach, else as it    |
|              |                                                   | was                                             |
| missing      | those that breach reach M; or all real ones       | OK if a real one does not breach, else          |
|              | breach and the oldest is at least M periods old   | INSUFFICIENT_DATA                               |

The gaps that count are those up to N. Source: the tables of awsdocs/amazon-cloudwatch-user-guide,
doc_source/AlarmThatSendsEmail.md (an older copy), row by row among the tests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class AlarmState(Enum):
    """The state of an alarm, in upstream's words."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class MissingData(Enum):
    """`TreatMissingData`; the values are upstream's words, an absent one is MISSING."""

    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"
    IGNORE = "ignore"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Alarm:
    """When an alarm goes off; 1 <= datapoints_to_alarm <= evaluation_periods."""

    evaluation_periods: int  # N
    datapoints_to_alarm: int  # M
    missing: MissingData = MissingData.MISSING


def evaluate(alarm: Alarm, points: Sequence[bool | None], before: AlarmState) -> AlarmState:
    """Return the state of an alarm.

    Args:
        alarm: the alarm.
        points: the evaluation range, oldest first: whether each datapoint breaches, None where there is none. It is
            longer than N by some periods that AWS does not state; the examples of its guide have 5 for N = 3.
        before: the state so far.
    """
    real = [breaches for breaches in points if breaches is not None]
    breaching = sum(real[-alarm.evaluation_periods :])
    if breaching >= alarm.datapoints_to_alarm:
        return AlarmState.ALARM
    if len(real) >= alarm.evaluation_periods:
        return AlarmState.OK
    gaps = alarm.evaluation_periods - len(real)
    if alarm.missing is MissingData.BREACHING and breaching + gaps >= alarm.datapoints_to_alarm:
        return AlarmState.ALARM
    if alarm.missing in (MissingData.BREACHING, MissingData.NOT_BREACHING) or False in real:
        return AlarmState.OK
    if alarm.missing is MissingData.IGNORE:
        return before
    is_old = True in points and len(points) - points.index(True) >= alarm.datapoints_to_alarm
    return AlarmState.ALARM if is_old else AlarmState.INSUFFICIENT_DATA
