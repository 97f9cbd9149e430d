"""Every file of `cases/`: the base policy and service with changes, and what one rule finds in them."""

import copy
import re
from pathlib import Path

import pytest
import yaml

from canary_runner.linting.linter import lint
from canary_runner.loading import check_bytes, policy_in
from canary_runner.loading.service_file import service_from
from canary_runner.model.diagnostics import Diagnostic, Document, FileReport

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


def advices(help: str) -> list[str]:
    """Return the alternatives of a help line that name a key and a value, as a file has them."""
    parts = re.split(", or ", help.removeprefix("write "))
    return [part for part in parts if re.match(r"\w+: ", part) and "of its own" not in part]


def followed(document: Document, finding: Diagnostic, advice: str) -> FileReport:
    """Return a policy after one alternative of a help line."""
    text = yaml.safe_dump(plain(rewritten(document, finding, advice)), sort_keys=False)
    return check_bytes("f", text.encode())


def rewritten(document, finding, advice):
    """Return the data of a policy after one alternative of a help line: in the finding's own mapping or its stage."""
    data = copy.deepcopy(document.data)
    named = [one for one in data["stages"] if one["name"] == stage_of(finding)]
    for key, value in re.findall(r"(\w+): (\{[^}]*\}|[^\s,]+)", advice):
        place = data
        for step in finding.at[:-1]:
            place = place[step]
        if key in ("max", "max_over_baseline", "confidence"):
            place[key] = value
        else:
            (named[0] if named else place)[key] = yaml.safe_load(value)
    return data


def stage_of(finding):
    """Return the stage that a message names."""
    found = re.search('stage "([^"]+)"', finding.message)
    return found and found[1]


def plain(data):
    """Return data as YAML can dump it: a decimal as a number."""
    if isinstance(data, dict):
        return {key: plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [plain(value) for value in data]
    return data if isinstance(data, str | int | bool | None) else float(data)
