"""What every report of a run for a person has: who ran on what, and how it ended."""

from collections.abc import Sequence

from canary_runner.model import words
from canary_runner.model.outcomes import State
from canary_runner.model.results import ArmMetrics, RunInputs, RunResult
from canary_runner.model.scenario import Effect, Scenario
from canary_runner.model.words import counted
from canary_runner.reporting.cells import width, wrapped
from canary_runner.reporting.look import Look
from canary_runner.reporting.run_inputs_json import effect_object
from canary_runner.reporting.values import share_of

INDENT = 11
"""Cells before the texts of a verdict."""

STATE_SYMBOLS = {State.COMPLETED: "ok", State.ROLLED_BACK: "bad", State.PAUSED: "paused"}
STATE_COLOURS = {State.COMPLETED: "green", State.ROLLED_BACK: "red", State.PAUSED: "yellow"}


def header(inputs: RunInputs, look: Look) -> list[str]:
    """Return policy, service, scenario, seed and run, in as few lines as they fit."""
    assumed = " (assumed)" if inputs.service_is_assumed else ""
    parts = (
        inputs.policy.name,
        f"{inputs.service.name} {words.requests_rate(inputs.service.rate_rps)}{assumed}",
        scenario_line(inputs.scenario),
        f"seed {inputs.seed}, run {inputs.run}",
    )
    between, lines = f" {look.symbol('dot')} ", [""]
    for part in parts:
        longer = between.join(filter(None, (lines[-1], part)))
        lines[-1:] = [longer] if not lines[-1] or width(longer) <= look.width else [lines[-1], part]
    return [look.paint(part, "bold") for line in lines for part in wrapped(line, look.width)]


def scenario_line(scenario: Scenario) -> str:
    """Return a scenario's name and what it does: `bad-deploy: canary error_rate +2pp`."""
    arms = (("canary", scenario.canary), ("baseline", scenario.baseline), ("both arms", scenario.both))
    effects = [f"{arm} {_effect_words(effect)}" for arm, effect in arms if effect is not None]
    return f"{scenario.name}: {'; '.join(effects)}" if effects else scenario.name


def _effect_words(effect: Effect) -> str:
    return " ".join(f"{key} {value}" for key, value in effect_object(effect).items())


def verdict(result: RunResult, look: Look, advice: Sequence[str] = ()) -> list[str]:
    """Return how it ended, why, who met the canary, and what to do next."""
    lines = _ending(result, look)
    said = [] if result.reason is None else [("why", result.reason.text)]
    said.append(("exposed", _exposed(result)))
    for head, text in said:
        first, *more = wrapped(text, look.width - INDENT)
        lines += [f"  {head:<7}  {first}", *(" " * INDENT + line for line in more)]
    heads = ["next", *[""] * len(advice)]
    return lines + [f"  {head:<7}  {line}" for head, line in zip(heads, advice, strict=False)]  # whole: to be copied


def _ending(result: RunResult, look: Look) -> list[str]:
    """Return the final state, painted, and where it was reached."""
    state = f"{look.symbol(STATE_SYMBOLS[result.final_state])} {result.final_state.value}"
    first, *more = wrapped(f"{state} {_where(result)}", look.width - 2)
    painted = look.paint(state, "bold", STATE_COLOURS[result.final_state])
    return [first.replace(state, painted, 1), *(f"  {line}" for line in more)]


def _where(result: RunResult) -> str:
    after = f"after {words.duration(result.simulated_duration_s)} of simulated time"
    if result.final_state is State.COMPLETED or not result.stages:
        return f"all {counted(result.stages_total, 'stage')} {after}"
    return f'in stage "{result.stages[-1].name}" ({len(result.stages)} of {result.stages_total}) {after}'


def _exposed(result: RunResult) -> str:
    exposure = result.exposure
    extra = words.decimal(exposure.extra_errors_expected, words.SHORT)
    noun = "extra error" if extra == "1" else "extra errors"
    peak = words.share(exposure.peak_traffic)
    return f"{counted(exposure.canary_requests, 'request')} at up to {peak} traffic, {extra} {noun} expected"


def side_by_side(canary: ArmMetrics, baseline: ArmMetrics) -> tuple[str, str]:
    """Return error rates and p99 of both arms for a table: `2.4% / 0.1%`, `402 / 410ms`."""
    errors = f"{share_of(canary.errors, canary.requests)} / {share_of(baseline.errors, baseline.requests)}"
    new, old = _milliseconds(canary.latency_p99_us), _milliseconds(baseline.latency_p99_us)
    return errors, f"{new.removesuffix('ms') if old != '-' else new} / {old}"


def _milliseconds(latency_us: int | None) -> str:
    return "-" if latency_us is None else words.milliseconds(latency_us, words.SHORT)
