"""`canary-run FILE`: one simulated rollout. Reports are imported when there is a result: `--help` is quick."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from canary_runner import api
from canary_runner.cli.completing import scenario_names
from canary_runner.cli.console import is_terminal, stderr_look
from canary_runner.cli.exits import Exit
from canary_runner.cli.formats import Command, Destination, destinations, emit, output_options
from canary_runner.cli.losses import load_policies
from canary_runner.cli.options import CONTEXT, files_of, global_options, manifest_options, settings, words_of
from canary_runner.cli.output import write_stderr
from canary_runner.cli.types import FILE, MAX_RUN, MAX_SEED, Assignment, Clock, Delay, WholeNumber, set_once

if TYPE_CHECKING:
    from canary_runner.model.manifest_options import ManifestOptions
    from canary_runner.model.results import RunResult
    from canary_runner.reporting.look import Look

FORMATS = ("json", "text", "ndjson")
HELP = """Simulate one rollout of POLICY and print what happened.

POLICY is a file, or - for standard input. Exit status 0 means that the simulation ran, whatever became of the
release; 1 that a file is invalid, 2 that the call is wrong or a file cannot be read.
"""
SCENARIO_HELP = "What the release truly does; canary-run explain scenarios lists them."
SET_HELP = "Change the scenario, key by key: canary.error_rate=+2pp (or 5x, 3%), canary.latency=1.5x. Repeatable."
STATUS = {"COMPLETED": Exit.DONE, "ROLLED_BACK": Exit.ROLLED_BACK, "PAUSED": Exit.PAUSED}


@click.command(cls=Command, context_settings=CONTEXT, help=HELP)
@click.argument("policy", type=FILE)
@click.option("--seed", type=WholeNumber(MAX_SEED), default=0, show_default=True, help="Which luck.")
@click.option("--run", type=WholeNumber(MAX_RUN), default=0, show_default=True, help="Which rollout of that seed.")
@click.option("--service", type=FILE, help="Traffic and normal rates.  [default: generic-web]")
@click.option("--scenario", default="healthy", show_default=True, shell_complete=scenario_names, help=SCENARIO_HELP)
@click.option("--scenarios", type=FILE, multiple=True, help="A file with more scenarios. Repeatable.")
@click.option("--set", "sets", type=Assignment(), callback=set_once, multiple=True, help=SET_HELP)
@click.option("--approve", is_flag=True, help="Open every gate at once.")
@click.option("--approval-after", type=Delay(), help="Open every gate after a while: 30m.")
@click.option("--start-at", type=Clock(), help="Time of day of the start.  [default: 08:00]")
@click.option("--trace", is_flag=True, help="Put every analysis into the JSON.")
@click.option("--exit-code", is_flag=True, help="Exit with 10 for ROLLED_BACK, 11 for PAUSED.")
@manifest_options(rollout="once")
@output_options(FORMATS, "json")
@global_options(hidden=True)
@click.pass_context
def command(
    ctx: click.Context,
    policy: str,
    seed: int,
    run: int,
    service: str | None,
    scenario: str,
    scenarios: Sequence[str],
    sets: Sequence[tuple[str, str]],
    approve: bool,
    approval_after: int | None,
    start_at: int | None,
    trace: bool,
    exit_code: bool,
    format: Sequence[str],
    output: Sequence[str],
    manifests: ManifestOptions,
) -> None:
    """Simulate, and write the result to every place."""
    places = destinations(
        format, output, "json", [policy, *([service] if service is not None else []), *scenarios, *files_of(manifests)]
    )
    with_timeline = _wants_timeline(places)
    if approve and approval_after is not None:
        raise click.UsageError("--approve opens gates at once: it does not go with --approval-after")
    from canary_runner.model.plan import Approval

    (loaded,) = load_policies([policy], manifests)
    result = api.simulate(
        loaded,
        api.load_service(service),
        api.find_scenario(scenario, scenarios, dict(sets)),
        seed=seed,
        run=run,
        approval=Approval(0 if approve else approval_after),
        start_at_s=start_at,
        trace=trace or with_timeline or any(place.format == "ndjson" for place in places),
    )
    emit(result, _formats(trace), places)
    if with_timeline:
        changes = [f"{key}={value}" for key, value in sets]
        world = {"service": [service] if service is not None else [], "scenario": [scenario], "scenarios": scenarios}
        _show_timeline(result, _advice({**world, **words_of(manifests), "set": changes}, policy))
    ctx.exit(STATUS[result.final_state.value] if exit_code else Exit.DONE)


def _formats(trace: bool) -> dict[str, Callable[[RunResult, Look], str]]:
    from canary_runner.reporting.run_json import run_json
    from canary_runner.reporting.run_ndjson import run_ndjson
    from canary_runner.reporting.run_text import run_text

    return {
        "json": lambda result, look: run_json(result, trace),
        "ndjson": lambda result, look: run_ndjson(result),
        "text": lambda result, look: run_text(result, look),
    }


def _wants_timeline(places: Sequence[Destination]) -> bool:
    """Tell whether a person looks at stderr and no text on stdout tells the same."""
    told = any(place.format == "text" and place.file is None for place in places)
    said = settings()
    return said.verbose or (is_terminal(sys.stderr) and not told and not said.quiet)


def _show_timeline(result: RunResult, advice: Sequence[str]) -> None:
    from canary_runner.reporting.timeline import timeline

    gap = "\n" if is_terminal(sys.stdout) else ""
    write_stderr(gap + timeline(result, stderr_look(settings().colour), advice))


def _advice(said: Mapping[str, Sequence[str]], policy: str) -> tuple[str, ...]:
    """Return the call that asks how often, about the same world, and why one should make it."""
    from shlex import quote

    from canary_runner.model.shown import shown

    words = [word for option, values in said.items() for value in values for word in (f"--{option}", value)]
    call = shown(" ".join(map(quote, ["canary-run", "study", policy, *words])), 1000)
    return (call, "how often does this policy decide so? one run is one sample")
