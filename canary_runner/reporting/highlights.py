"""Which analyses of a run a person is told: those with news. The others are counted by stage."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from canary_runner.model.outcomes import Decision, Outcome, State
from canary_runner.model.policy import Stage
from canary_runner.model.results import Analysis, RunResult


@dataclass(frozen=True, slots=True)
class Highlight:
    """An analysis with news: the checks that it is about, and whether it held its stage beyond its duration."""

    analysis: Analysis
    stage: Stage
    failed: tuple[str, ...]
    recovered: tuple[str, ...]  # passed, and fewer failures stand against them than before
    unread: tuple[str, ...]  # where that is new in the stage, or decides
    extends: bool  # the duration is over, and the stage is not


def highlights(result: RunResult) -> Iterator[Highlight]:
    """Yield every analysis in which a check failed or recovered, or could not be read: for the first time in its
    stage, at the end of its duration, or when that stopped the rollout. A gate alone is a transition.
    """
    stages = {stage.name: stage for stage in result.inputs.policy.stages}
    for name, analyses in groupby(result.analyses, key=lambda analysis: analysis.stage):
        yield from _of_stage(stages[name], list(analyses))


def _of_stage(stage: Stage, analyses: Sequence[Analysis]) -> Iterator[Highlight]:
    before: dict[str, str] = {}
    is_news = True  # that something could not be read
    for analysis in analyses:
        failed, unread = _with(analysis, Outcome.FAIL), _with(analysis, Outcome.INCONCLUSIVE)
        recovered = _recovered(analysis, before)
        extends = _extends(stage, analysis)
        decides = extends or analysis.decision in (Decision.PAUSE, Decision.ROLL_BACK)
        told = unread if is_news or decides else ()
        if failed or recovered or told:  # no stage is extended without a failure or something unread
            yield Highlight(analysis, stage, failed, recovered, told, extends)
        before, is_news = dict(analysis.failures), is_news and not unread


def _with(analysis: Analysis, wanted: Outcome) -> tuple[str, ...]:
    return tuple(check for check, outcome in analysis.outcomes if outcome is wanted)


def _recovered(analysis: Analysis, before: Mapping[str, str]) -> tuple[str, ...]:
    """Return the checks whose pass changed their counter: a pass can only lower it."""
    now = dict(analysis.failures)
    return tuple(check for check in _with(analysis, Outcome.PASS) if before.get(check, now[check]) != now[check])


def _extends(stage: Stage, analysis: Analysis) -> bool:
    is_end = analysis.number * stage.check_every_s == stage.duration_s
    return is_end and analysis.decision is Decision.HOLD and analysis.state is State.PROGRESSING
