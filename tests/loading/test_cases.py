"""Every file of `cases/`: a changed base or a text of its own, and the findings that a person would read."""

import re
from pathlib import Path

import pytest
import yaml

from canary_runner.loading import check_bytes
from canary_runner.loading.importers.rules import MANIFEST_RULES
from canary_runner.loading.rules import RULES
from canary_runner.model.diagnostics import FileReport

CASES = Path(__file__).parent / "cases"


def cases():
    for path in sorted(CASES.glob("*.yaml")):
        for name, case in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            yield pytest.param(path.stem, case, id=f"{path.stem}: {name}")


def text_of(kind: str, case: dict) -> str:
    if "text" in case:
        return case["text"]
    text = (CASES / f"{kind}.base").read_text(encoding="utf-8")
    for old, new in case["change"].items():
        assert text.count(old) >= 1, f"{old!r} is not in {kind}.base"
        text = text.replace(old, new, 1)
    return text


def found(report: FileReport) -> list[str]:
    lines = []
    for finding in report.diagnostics:
        span = report.document.span(finding.at, finding.on_key)
        lines.append(f"{span.line}:{span.column} {finding.rule} | {finding.message} | {finding.help}")
    return lines


@pytest.mark.parametrize(("kind", "case"), list(cases()))
def test_findings(kind, case):
    assert found(check_bytes("f", text_of(kind, case).encode())) == case["finds"]


@pytest.mark.parametrize("kind", ["policy", "service", "test"])
def test_the_base_of_the_cases_has_no_fault(kind):
    assert found(check_bytes("f", (CASES / f"{kind}.base").read_bytes())) == []


def test_every_rule_but_a_few_has_a_case():
    shown = {line.split()[1] for case in cases() for line in case.values[1]["finds"]}
    elsewhere = {
        "text-encoding",  # bytes that are no text: test_text.py
        "wrong-kind",  # depends on what is asked for: test_files.py
        "too-many-findings",  # long: test_hostile.py
        "unreadable-file",  # depends on other files: test_tests_reader.py
        "impossible-world",  # depends on what is put together: test_testing.py
        "unused-binding",  # depends on other files: test_bind.py
        "no-equivalent",  # depends on what is made of it: test_import.py
        "bad-value",  # for keywords that our schemas do not use: test_findings.py
    }
    assert shown | elsewhere | set(MANIFEST_RULES) == set(RULES)  # theirs: tests/loading/importers


def test_related_places_point_at_the_other_side():
    text = text_of("policy", {"change": {"traffic_percent: 25": "traffic_percent: 10"}})
    report = check_bytes("f", text.encode())
    (finding,) = report.diagnostics
    (related,) = finding.related
    assert related.message == "the stage before has 10"
    assert report.document.span(related.at).line == 24
    assert report.document.span(finding.at).line == 25


@pytest.mark.parametrize("case", [pytest.param(c.values, id=c.id) for c in cases()])
def test_messages_are_one_bounded_lower_case_line_and_say_what_to_write(case):
    kind, content = case
    for finding in check_bytes("f", text_of(kind, content).encode()).diagnostics:
        for text in (finding.message, finding.help, *(related.message for related in finding.related)):
            assert text == text.strip()
            assert "\n" not in text
            assert len(text) <= 250
        assert finding.help
        assert not re.match("[A-Z][a-z]", finding.message)
