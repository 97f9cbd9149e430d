"""What became of tests: as text, JSON, JUnit XML and annotations of a pull request."""

from collections.abc import Mapping

from canary_runner.model.expectation import Expectation, Held, TestedCase, TestReport, Unit, Verdict
from canary_runner.model.shown import shown
from canary_runner.model.study import Method
from canary_runner.model.words import counted
from canary_runner.reporting.annotations import Annotation, annotations
from canary_runner.reporting.json_text import dumps
from canary_runner.reporting.junit import Case, junit
from canary_runner.reporting.look import Look
from canary_runner.reporting.run_json import STREAM
from canary_runner.reporting.study_json import estimate_object, input_object
from canary_runner.reporting.study_words import amount, chance, named_alike, plain_chance, time
from canary_runner.reporting.values import ALL, number
from canary_runner.version import __version__

SCHEMA = "canary-runner/test-result/v1"
STYLES = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.INCONCLUSIVE: "yellow"}
STOPPED = "stopped before the end: other tests were not run"
SYMBOLS = {Verdict.PASS: "ok", Verdict.FAIL: "bad", Verdict.INCONCLUSIVE: "paused"}


def tested_text(report: TestReport, look: Look) -> str:
    """Return a line a test, each expectation that does not hold with place and cause, the sum, which file is which."""
    lines: list[str] = []
    for case in report.cases:
        mark = look.paint(f"{look.symbol(SYMBOLS[case.verdict])} {case.verdict.value}", STYLES[case.verdict])
        lines.append(f"{mark} {case.policy} on {case.service}: {shown(case.name, 200)}")
        lines += [f"  {line}" for held in case.held for line in _told(case, held)]
    said = [_sum(report), *named_alike((*report.policies, *report.services))]
    return "\n".join([*lines, *([""] if lines else []), *said]) + "\n"


def _told(case: TestedCase, held: Held) -> list[str]:
    """Return an expectation that does not hold: its place, the number, the bound, and what caused it."""
    if held.verdict is Verdict.PASS:
        return []
    place = f"{shown(case.file.name)}:{_line(case, held)}"
    return [f"{place}: {sentence(held)}", *([f"mostly by {_cause(held)}"] if _cause(held) else [])]


def sentence(held: Held) -> str:
    """Return what was found, and what was wanted: `rollback_probability is 89.6%, not at_most 1%`."""
    found = _amount_words(held)
    wanted = f"{held.expectation.side.value} {held.expectation.written}"
    if held.verdict is Verdict.INCONCLUSIVE:
        runs = held.estimate.runs
        after = f"after {runs:,} rollouts" if runs else "within its numerical error"
        return f"{held.expectation.quantity} is {found}: {wanted} is not decided {after}"
    return f"{held.expectation.quantity} is {found}, not {wanted}"


def _amount_words(held: Held) -> str:
    unit = held.expectation.unit
    if held.estimate.value is None:
        return f"none ({held.estimate.reason})"
    if unit is Unit.RATE:
        return chance(held.estimate)
    return time(held.estimate) if unit is Unit.DURATION else amount(held.estimate)


def _cause(held: Held) -> str:
    """Return where and by which checks most of these rollouts are rolled back."""
    if held.cause is None or not held.cause.probability.value or held.estimate.value is None:
        return ""
    share = plain_chance(held.cause.probability.value)
    return f"{' + '.join(held.cause.checks)} in stage {held.cause.stage} ({share} of the rollouts)"


def _line(case: TestedCase, held: Held) -> int:
    return case.file.span(held.expectation.route).line


def _sum(report: TestReport) -> str:
    counts = {verdict: sum(case.verdict is verdict for case in report.cases) for verdict in Verdict}
    names = {Verdict.PASS: "passed", Verdict.FAIL: "failed", Verdict.INCONCLUSIVE: "inconclusive"}
    said = [f"{count} {names[verdict]}" for verdict, count in counts.items() if count]
    left = "" if report.is_complete else "; stopped before the end"
    sampled = any(held.estimate.method is Method.SAMPLED for case in report.cases for held in case.held)
    error = "; a sampled verdict is wrong with a chance of at most 0.1%" if sampled else ""
    return f"{counted(len(report.cases), 'test')}: {', '.join(said)}{left}{error}"


def tested_json(report: TestReport) -> str:
    """Return the result as indented JSON: one entry per expectation."""
    counts = {verdict.value.lower(): sum(c.verdict is verdict for c in report.cases) for verdict in Verdict}
    return dumps(
        {
            "schema": SCHEMA,
            "verdict": report.verdict.value,
            "complete": report.is_complete,
            "counts": counts,
            "results": [_entry(case, held) for case in report.cases for held in case.held],
            "inputs": {
                "policies": [input_object(one) for one in report.policies],
                "services": [input_object(one) for one in report.services],
                "seed": report.seed,
            },
            "tool": {"name": "canary-runner", "version": __version__, "stream": STREAM},
        },
        indent=2,
    )


def _entry(case: TestedCase, held: Held) -> Mapping[str, object]:
    cause = None
    if held.cause is not None:
        share = estimate_object(held.cause.probability)
        cause = {"stage": held.cause.stage, "checks": list(held.cause.checks), "probability": share}
    return {
        "name": case.name,
        "policy": case.policy,
        "service": case.service,
        "scenario": case.scenario,
        "quantity": held.expectation.quantity,
        "bound": _bound(held.expectation),
        "estimate": estimate_object(held.estimate),
        "verdict": held.verdict.value,
        "file": case.file.name,
        "line": _line(case, held),
        "cause": cause,
    }


def _bound(one: Expectation) -> Mapping[str, object]:
    return {one.side.value: number(one.bound, ALL), "written": one.written}


def tested_junit(report: TestReport) -> str:
    """Return JUnit XML: a suite per test file, a case per test, policy and service."""
    files = list(dict.fromkeys(case.file.name for case in report.cases))
    suites = [(name, [_junit_case(case) for case in report.cases if case.file.name == name]) for name in files]
    if not report.is_complete:
        suites.append((STOPPED, [Case("canary-run test", STOPPED, "error", STOPPED, STOPPED)]))
    return junit(suites)


def _junit_case(case: TestedCase) -> Case:
    place = f"{case.policy} on {case.service}"
    if case.verdict is Verdict.PASS:
        return Case(place, case.name)
    told = "\n".join(line for held in case.held for line in _told(case, held))
    first = next(sentence(held) for held in case.held if held.verdict is not Verdict.PASS)
    return Case(place, case.name, "failure" if case.verdict is Verdict.FAIL else "error", first, told)


def tested_github(report: TestReport) -> str:
    """Return workflow commands: an annotation at the line of every expectation that does not hold."""
    found = [(case, held) for case in report.cases for held in case.held if held.verdict is not Verdict.PASS]
    stopped = [] if report.is_complete else [Annotation("warning", STOPPED)]
    return annotations([*stopped, *(_annotation(case, held) for case, held in found)], "more expectations do not hold")


def _annotation(case: TestedCase, held: Held) -> Annotation:
    title = f"{case.policy} on {case.service}: {case.name}"
    message = "; ".join([sentence(held), *([f"mostly by {_cause(held)}"] if _cause(held) else [])])
    place: Mapping[str, str | int] = {"file": case.file.name, "line": _line(case, held), "title": title}
    return Annotation("error" if held.verdict is Verdict.FAIL else "warning", message, place)
