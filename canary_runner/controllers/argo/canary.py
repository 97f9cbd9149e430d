"""The canary's steps: where a rollout stands among them, and what people, the clock and new templates do to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from canary_runner.controllers.argo.phases import Phase
from canary_runner.controllers.argo.rollout import (
    ABORTED,
    CANARY_PAUSE_STEP,
    INCONCLUSIVE_RUN,
    Action,
    RolloutPhase,
    Status,
    Verdict,
    phase,
)


@dataclass(frozen=True, slots=True)
class Canary:
    """Where a canary stands; revisions are hashes of pod templates."""

    steps: int
    step: int = 0  # index of the current one; equal to `steps` after the last
    current: str = ""
    stable: str = ""  # empty before the first deployment
    pause_reasons: tuple[str, ...] = ()
    is_controller_paused: bool = False  # the controller paused it and has not seen it go on
    is_paused: bool = False  # spec.paused, by hand
    is_aborted: bool = False
    is_promoted_in_full: bool = False
    step_run: Phase | None = None  # the current step's analysis

    @property
    def skips_steps(self) -> bool:
        """Whether the new pods go to full scale without steps and analysis: nothing to compare with, or no wish to."""
        return self.stable in ("", self.current) or self.is_promoted_in_full

    @property
    def keeps_its_pods(self) -> bool:
        """Whether no pods are moved: paused by hand, or by an analysis that could not tell."""
        return self.is_paused or INCONCLUSIVE_RUN in self.pause_reasons

    @property
    def phase(self) -> RolloutPhase:
        """The phase once all pods are there; a rollout whose steps are over or skipped becomes stable with them."""
        promoted = not self.is_aborted and (self.skips_steps or self.step >= self.steps)
        revision = self.current or "current"
        return phase(
            Status(
                progressing_reason=ABORTED if self.is_aborted else "",
                is_paused=self.is_paused,
                pause_reasons=self.pause_reasons,
                wanted_replicas=1,
                replicas=1,
                updated_replicas=1,
                available_replicas=1,
                current=revision,
                stable=revision if promoted else self.stable,
            )
        )


def current_weight(weights: Sequence[int | None], canary: Canary, max_weight: int = 100) -> int:
    """Return the weight in force: of the last setWeight up to the current step, 0 before the first and after an abort.

    `weights` holds one entry per step, None for a step that sets none.
    """
    if canary.is_aborted:
        return 0
    if canary.step >= len(weights):
        return max_weight
    given = [w for w in weights[: canary.step + 1] if w is not None]
    return given[-1] if given else 0


def _cleared(canary: Canary) -> Canary:
    return replace(
        canary, pause_reasons=(), is_controller_paused=False, is_aborted=False, is_promoted_in_full=False, step_run=None
    )


def applied(canary: Canary, template: str) -> Canary:
    """Apply a pod template: a new one starts at step 0, the stable one skips all steps."""
    fresh = replace(_cleared(canary), current=template)
    return replace(fresh, step=fresh.steps if fresh.skips_steps else 0)


def with_steps(canary: Canary, steps: int) -> Canary:
    """Change the steps: the rollout starts again at step 0, a promoted one stays behind them all."""
    fresh = replace(_cleared(canary), steps=steps)
    return replace(fresh, step=steps if fresh.skips_steps else 0)


def aborted(canary: Canary) -> Canary:
    """Abort: the weight is 0 and the step index 0 until a retry or another template."""
    step = canary.steps if canary.current == canary.stable else 0
    return replace(_cleared(canary), is_aborted=True, step=step)


def retried(canary: Canary) -> Canary:
    """Take an abort back: the rollout goes on from where the abort left it, its first step."""
    return replace(canary, is_aborted=False)


def promoted(canary: Canary) -> Canary:
    """Let a waiting rollout go on: reasons to pause are cleared, or a step that runs is skipped, never both.

    Only out of an inconclusive step are both done, or the next pause would hold it.
    """
    canary = replace(canary, is_paused=False)
    if canary.pause_reasons and canary.is_controller_paused and canary.step_run is Phase.INCONCLUSIVE:
        return _next_step(replace(canary, pause_reasons=(), is_controller_paused=False))
    if canary.pause_reasons:
        return replace(canary, pause_reasons=())
    return _next_step(canary)


def promoted_in_full(canary: Canary) -> Canary:
    """Skip every pause, analysis and step; a rollout that is promoted already is only let go on."""
    if canary.current == canary.stable:
        return replace(canary, is_paused=False)
    return replace(_cleared(canary), is_paused=False, is_promoted_in_full=True, step=canary.steps)


def after_run(canary: Canary, found: Verdict) -> Canary:
    """Do what follows from the phase of a run."""
    match found.action:
        case Action.ABORT:
            return aborted(canary)
        case Action.PAUSE:
            reasons = (*(r for r in canary.pause_reasons if r != found.pause_reason), found.pause_reason)
            return replace(canary, pause_reasons=reasons, is_controller_paused=True)
        case Action.NEXT_STEP:
            return canary if canary.is_paused else _next_step(canary)
        case _:
            return canary


def pause_step(canary: Canary, waited_s: Fraction, duration_s: Fraction | None) -> Canary:
    """Look at a pause step; it ends by its own clock although an inconclusive analysis holds the pods.

    Args:
        canary: stands at the pause.
        waited_s: seconds since the pause began.
        duration_s: the pause is over once more than this has passed; None: when a person lets it go on.
    """
    if canary.is_paused or canary.is_aborted:
        return canary
    if CANARY_PAUSE_STEP in canary.pause_reasons:
        is_over = duration_s is not None and waited_s > duration_s
        return _next_step(canary) if is_over else canary
    if canary.is_controller_paused:  # the reason was cleared by a person
        return _next_step(canary)
    return replace(canary, pause_reasons=(*canary.pause_reasons, CANARY_PAUSE_STEP), is_controller_paused=True)


def _next_step(canary: Canary) -> Canary:
    """Go to the next step; only the reason of the pause step that is left is dropped."""
    reasons = tuple(r for r in canary.pause_reasons if r != CANARY_PAUSE_STEP)
    return replace(
        canary,
        step=min(canary.step + 1, canary.steps),
        pause_reasons=reasons,
        is_controller_paused=bool(reasons),
        step_run=None,
    )
