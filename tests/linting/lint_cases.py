"""Every file of `cases/`: the base policy and service with changes, and what one rule finds in them."""

from pathlib import Path

import pytest
import yaml

from canary_runner.linting.linter import lint
from canary_runner.loading import check_bytes, policy_in
from canary_runner.loading.service_file import service_from
from canary_runner.model.diagnostics import FileReport

CASES = Path(__file__).parent / "cases"


def all_cases():
    """Return (rule, case) of every case; the id is a sentence."""
    return [
        pytest.param(path.stem, case, id=f"{path.stem}: {name}")
        for path in sorted(CASES.glob("*.yaml"))
        for name, case in yaml.safe_load(path.read_text(encoding="utf-8")).items()
    ]


def changed(kind: str, changes: dict) -> FileReport:
    """Return the base of a kind with changes, valid."""
    text = (CASES / f"{kind}.base").read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, f"{old!r} is not in {kind}.base"
        text = text.replace(old, new, 1)
    report = check_bytes("f", text.encode())
    assert [one.message for one in report.diagnostics] == []
    return report


def subject(case: dict):
    """Return policy, document and service of a case."""
    report = changed("policy", case.get("change", {}))
    return policy_in(report), report.document, service_from(changed("service", case.get("service", {})).document)


def told(rule: str, case: dict) -> list[str]:
    """Return the findings of one rule, and of those it is asked `beside`, as a person reads them."""
    policy, document, service = subject(case)
    lines = []
    for one in lint(policy, document, service, [*case.get("beside", []), rule]):
        span = document.span(one.at, one.on_key)
        lines.append(f"{span.line}:{span.column} {one.severity.value} | {one.message} | {one.help}")
    return lines
