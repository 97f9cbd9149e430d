"""`canary-run test FILE/DIR...`: do policies keep what tests promise?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from canary_runner import api
from canary_runner.cli.exits import Exit, NothingToDoError
from canary_runner.cli.formats import Command, Destination, destinations, emit, output_options
from canary_runner.cli.options import CONTEXT, files_of, global_options, manifest_options
from canary_runner.cli.process import interruptible
from canary_runner.cli.progress import Progress
from canary_runner.cli.reports import Formats
from canary_runner.cli.studying import refuse_effort
from canary_runner.cli.types import FILE, MAX_SEED, WholeNumber, Word
from canary_runner.model.diagnostics import InputError, Severity

if TYPE_CHECKING:
    from canary_runner.model.expectation import TestReport
    from canary_runner.reporting.look import Look

FORMATS = ("text", "json", "junit", "github")
MOST_RUNS = 100_000_000
MOST_JOBS = 256
ENDINGS = (".test.yaml", ".test.yml", ".test.json")
HELP = """Hold policies against the expectations of test files.

A folder stands for every .test.yaml, .test.yml and .test.json in it. Exit status 0 means that all expectations hold, 1
that one fails, 3 that one is not decided within --max-runs, 5 that there is no test.
"""


@click.command(cls=Command, context_settings=CONTEXT, help=HELP)
@click.argument("paths", nargs=-1, required=True, metavar="FILE/DIR...", type=FILE)
@click.option("-k", "keyword", default="", metavar="WORD", help="Only tests whose name holds WORD.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first test that does not pass.")
@click.option("--method", type=Word(["auto", "exact", "sample"]), default="auto", show_default=True)
@click.option("--max-runs", type=WholeNumber(MOST_RUNS, 1), help="Rollouts to sample for a test.  [default: 1000000]")
@click.option("--seed", type=WholeNumber(MAX_SEED), default=0, show_default=True, help="Which luck.")
@click.option(
    "--jobs", type=WholeNumber(MOST_JOBS, 1), default=1, show_default=True, help="Threads; no number depends on it."
)
@manifest_options(rollout="often")
@output_options(FORMATS, "text")
@global_options(hidden=True)
@click.pass_context
def command(
    ctx: click.Context, /, paths: Sequence[str], format: Sequence[str], output: Sequence[str], **said: Any
) -> None:
    """Run the tests, and write what became of them to every place."""
    files = _files(paths)
    inputs = [*files, *(api.files_named(files) if output else ()), *files_of(said["manifests"])]
    places = destinations(format, output, "text", inputs)
    try:
        with interruptible(), Progress() as progress:
            report = api.test(
                files,
                _options(said),
                keyword=said["keyword"],
                is_fail_fast=said["fail_fast"],
                most_runs=said["max_runs"],
                manifests=said["manifests"],
                progress=progress.tell,
            )
    except InputError as error:
        _annotate(error, places)
        raise
    if not report.cases and report.is_complete:
        raise NothingToDoError(_nothing(said["keyword"]))
    emit(report, _formats(), places)
    ctx.exit(_status(report, said["fail_fast"]))


def _annotate(error: InputError, places: Sequence[Destination]) -> None:
    """Write what is wrong with the files where a CI system looks for it; the message follows for everybody."""
    from canary_runner.reporting.advice_ci import advice_github, advice_junit

    formats: Formats = {
        "github": lambda reports, look: advice_github(reports, str(Path.cwd())),
        "junit": lambda reports, look: advice_junit(reports, {Severity.ERROR}),
    }
    emit(error.reports, formats, [place for place in places if place.format in formats])


def _files(paths: Sequence[str]) -> list[str]:
    """Return the files that are named, and the test files in folders."""
    named = set(paths)
    found = [path for path in api.policy_files(paths) if path in named or path.lower().endswith(ENDINGS)]
    if not found:
        raise NothingToDoError(f"no {', '.join(ENDINGS)} file in {', '.join(paths)}")
    return found


def _options(said: Mapping[str, Any]) -> Any:
    from canary_runner.model.study import StudyOptions

    refuse_effort(said, "max_runs")
    return StudyOptions(said["method"], seed=said["seed"], jobs=said["jobs"])


def _nothing(keyword: str) -> str:
    return f'no test has "{keyword}" in its name' if keyword else "the test files have no tests"


def _status(report: TestReport, is_fail_fast: bool) -> Exit:
    status = {"PASS": Exit.DONE, "FAIL": Exit.NO, "INCONCLUSIVE": Exit.INCONCLUSIVE}[report.verdict.value]
    stopped = not report.is_complete and not (is_fail_fast and status is not Exit.DONE)
    return Exit.INTERRUPTED if stopped else status


def _formats() -> dict[str, Callable[[TestReport, Look], str]]:
    from canary_runner.reporting import tested

    return {
        "text": tested.tested_text,
        "json": lambda report, look: tested.tested_json(report),
        "junit": lambda report, look: tested.tested_junit(report),
        "github": lambda report, look: tested.tested_github(report),
    }
