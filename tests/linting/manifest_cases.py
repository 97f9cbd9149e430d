"""Every file of `manifests/`: a base manifest and a service with changes, and what one rule finds in it."""

from pathlib import Path

import pytest
import yaml

from canary_runner.linting.linter import lint_manifest
from canary_runner.linting.manifests import ManifestFacts
from canary_runner.loading.foreign_policies import read_foreign
from canary_runner.loading.service_file import service_from
from tests.linting.lint_cases import changed

MANIFESTS = Path(__file__).parent / "manifests"
BASES = sorted(path.stem for path in MANIFESTS.glob("*.base"))


def all_cases():
    """Return (rule, case) of every case; the id is a sentence."""
    return [
        pytest.param(path.stem, case, id=f"{path.stem}: {name}")
        for path in sorted(MANIFESTS.glob("*.yaml"))
        for name, case in yaml.safe_load(path.read_text(encoding="utf-8")).items()
    ]


def text_of(case, *, mended=False):
    """Return the manifest of a case; mended, if asked."""
    text = (MANIFESTS / f"{case['base']}.base").read_text(encoding="utf-8")
    for changes in (case.get("change", {}), case["mended"] if mended else {}):
        for old, new in changes.items():
            assert old in text, f"{old!r} is not in {case['base']}.base"
            text = text.replace(old, new, 1)
    return text


def subject(case, *, mended=False):
    """Return the manifest of a case, read, and its service."""
    foreign = read_foreign("f", text_of(case, mended=mended).encode())
    assert foreign.report.is_valid, foreign.report.diagnostics
    return foreign, service_from(changed("service", case.get("service", {})).document)


def found(rules, case, *, mended=False):
    """Return the findings of some rules, and the document in which they stand."""
    foreign, service = subject(case, mended=mended)
    return lint_manifest(foreign.policies, foreign.report.document, service, rules), foreign.report.document


def facts_of(case):
    """Return what rules see of the rollouts of a case."""
    foreign, service = subject(case)
    return [ManifestFacts(policy, foreign.report.document, service) for policy in foreign.policies]


def told(rule, case, *, mended=False):
    """Return the findings of one rule as a person reads them."""
    findings, document = found([rule], case, mended=mended)
    spans = [document.span(one.at, one.on_key) for one in findings]
    return [
        f"{span.line}:{span.column} {one.severity.value} | {one.message} | {one.help}"
        for one, span in zip(findings, spans, strict=True)
    ]
