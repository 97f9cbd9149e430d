"""`canary-run lint`: can these policies do what they promise?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import click

from canary_runner import api
from canary_runner.cli import mending
from canary_runner.cli.completing import lint_rule_names
from canary_runner.cli.exits import Exit, NothingToDoError, UnreadError
from canary_runner.cli.formats import Command, Destination, destinations, emit, output_options
from canary_runner.cli.lint_formats import FORMATS, lint_formats
from canary_runner.cli.options import CONTEXT, files_of, global_options, manifest_options
from canary_runner.cli.reports import Reports, fail_for_unread, nothing_in, with_neighbours
from canary_runner.cli.types import FILE, Word
from canary_runner.model.diagnostics import Severity, UsageError
from canary_runner.model.shown import shown

WEIGHTS = tuple(severity.value for severity in Severity)
HELP = """Say what policies cannot do that they promise, with the numbers, and what to write instead.

A folder stands for every .yaml, .yml and .json file in it; what is no policy is only validated. Exit status 0 means
that there is no finding at or above --fail-on, 1 that there is one or that a file is not valid, 2 that a file cannot
be read, 5 that there is no policy. What --fix puts right is only spelt wrongly (5 min, trafic_percent); no valid file
is touched.
"""


@click.command(cls=Command, context_settings=CONTEXT, help=HELP)
@click.argument("paths", nargs=-1, required=True, metavar="FILE/DIR...", type=FILE)
@click.option("--service", type=FILE, help="Traffic and normal rates.  [default: generic-web]")
@click.option("--select", multiple=True, metavar="RULES", shell_complete=lint_rule_names, help="Only these rules.")
@click.option("--ignore", multiple=True, metavar="RULES", shell_complete=lint_rule_names, help="Not these rules.")
@click.option("--fail-on", type=Word(WEIGHTS), default="warning", show_default=True, help="What exit 1 takes.")
@click.option("--statistics", is_flag=True, help="Count the findings of each rule instead.")
@click.option("--fix", is_flag=True, help="Put misspelt units and keys right in the files first.")
@click.option("--diff", is_flag=True, help="Only show what --fix would change; exit 1 if anything.")
@manifest_options(rollout="")
@output_options(FORMATS, "text")
@global_options(hidden=True)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    paths: Sequence[str],
    service: str | None,
    format: Sequence[str],
    output: Sequence[str],
    **said: Any,
) -> None:
    """Ask the rules about every policy, and write what they find to every place."""
    from canary_runner.loading import is_foreign, says_policy

    rules = _rules(said["select"], said["ignore"])
    unread: list[UsageError] = []
    skipped: list[str] = []
    files = api.policy_files(paths, unread, skipped)
    inputs = [*files, *([service] if service else []), *files_of(said["manifests"])]
    places = destinations(format, output, "text", inputs)
    mending.refuse_misuse(files, places, is_fix=said["fix"], is_diff=said["diff"])
    if said["diff"]:
        ctx.exit(_show_diff(files, unread, places))
    normal = api.load_service(service)
    mended = mending.changes(files, []) if said["fix"] else ()
    mending.write_all(mended)
    reports = api.lint(files, normal, rules, unread, with_neighbours(said["manifests"], files, paths))
    if (
        not unread
        and not any(says_policy(report.document) or is_foreign(report.document) for report in reports)
        and all(report.is_valid for report in reports)
    ):
        raise NothingToDoError(nothing_in(paths, skipped, "no policy"))
    failing = _failing(said["fail_on"])
    formats = lint_formats(
        normal.value if normal else None, failing, statistics=said["statistics"], mended=mended, skipped=len(skipped)
    )
    if unread:
        fail_for_unread(UnreadError(unread, reports), places, formats)
    emit(reports, formats, places)
    ctx.exit(_status(reports, failing))


def _show_diff(files: Sequence[str], unread: list[UsageError], places: Sequence[Destination]) -> Exit:
    from canary_runner.reporting.mended import diff_text

    found = mending.changes(files, unread)
    emit(found, {"text": lambda changes, look: diff_text(changes)}, places)
    if unread:
        raise UnreadError(unread, ())
    return Exit.NO if found else Exit.DONE


def _rules(select: Sequence[str], ignore: Sequence[str]) -> list[str]:
    """Return the rules that are asked. Raises UsageError for an unknown one."""
    from canary_runner.linting.pages import rule_pages

    known = tuple(rule_pages())
    selected, ignored = _names(select, known), _names(ignore, known)
    return [rule for rule in known if rule in (selected or known) and rule not in ignored]


def _names(said: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return the ids in values like `a,b`."""
    names = [name.strip() for value in said for name in value.split(",")]
    for name in names:
        if name not in known:
            raise UsageError(f'no rule of lint is called "{shown(name)}"', _nearest(name, known))
    return names


def _nearest(name: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name[:80].lower(), known, 1)
    return f'did you mean "{near[0]}"?' if near else f"rules are {', '.join(known)}"


def _failing(fail_on: str) -> tuple[Severity, ...]:
    return tuple(Severity(weight) for weight in WEIGHTS[: WEIGHTS.index(fail_on) + 1])


def _status(reports: Reports, failing: Collection[Severity]) -> Exit:
    found = any(one.severity in failing for report in reports for one in report.diagnostics)
    return Exit.NO if found else Exit.DONE
