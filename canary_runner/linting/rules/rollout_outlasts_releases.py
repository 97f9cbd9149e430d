"""A rollout that takes longer than the time between two releases.

**Why.** One canary at a time: if the next release is ready before this one is through, two rollouts run over each
other, or releases queue and grow. Days of rollout times releases a day stay below one (Site Reliability Workbook 2018,
chapter 16). A policy does not know how often its service is released: a day is assumed, and a stage that is held may
take as long again.

**Instead.** Shorter stages; more traffic or a tighter limit gives back what a shorter stage sees less. A service that
is released once a week may ignore this with that reason.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from canary_runner.linting.amounts import lengths_from
from canary_runner.linting.facts import PolicyFacts, StageFacts
from canary_runner.linting.remedies import Option, first_looser, tolerance_failures, written
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.plan import HOLD_FACTOR
from canary_runner.model.policy import Stage, WindowKind
from canary_runner.model.words import duration
from canary_runner.scenarios.traffic import DAY_S

ID = "rollout-outlasts-releases"
SEVERITY = Severity.NOTE
BETWEEN_RELEASES_S = DAY_S


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find policies whose stages together take longer than BETWEEN_RELEASES_S."""
    total_s = sum(facts.stage.duration_s for facts in policy.stages)
    if total_s <= BETWEEN_RELEASES_S:
        return
    longest = max(policy.stages, key=lambda facts: facts.stage.duration_s)
    message = (
        f"the stages take {duration(total_s)}, and up to {duration(HOLD_FACTOR * total_s)} if they are held: "
        f"a service released once in {duration(BETWEEN_RELEASES_S)} has the next release before this one is through"
    )
    rest_s = total_s - longest.stage.duration_s

    def holds(changed: Stage) -> bool:
        return rest_s + changed.duration_s <= BETWEEN_RELEASES_S

    otherwise = f"write shorter durations, {duration(BETWEEN_RELEASES_S)} or less together"
    alternatives = [f'{text} in stage "{longest.name}"' for text in first_looser(_shorter(longest), holds)]
    yield Diagnostic(ID, SEVERITY, longest.view.place("duration"), message, written(alternatives, otherwise))


def _shorter(facts: StageFacts) -> Sequence[Option]:
    """Return the stage with shorter durations, shrinking, in which its tolerance and its window still fit."""
    stage = facts.stage
    needed_s = stage.check_every_s * tolerance_failures(stage)
    if stage.window.kind is WindowKind.SLIDING:
        needed_s = max(needed_s, facts.window_s)
    lengths = [
        length for length in lengths_from(needed_s) if length < stage.duration_s and length % stage.check_every_s == 0
    ]
    return [(f"duration: {duration(n)}", replace(stage, duration_s=n)) for n in reversed(lengths)]
