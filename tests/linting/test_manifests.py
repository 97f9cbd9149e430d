"""The rules of lint about manifests of other systems: what each finds where; good manifests have no finding."""

import re
from dataclasses import replace

import pytest
import yaml

from canary_runner import api
from canary_runner.linting.linter import lint_file, lint_manifest
from canary_runner.linting.rules import OF_MANIFESTS, RULES
from canary_runner.linting.sample import RUNS, SEED, healthy_fate
from canary_runner.loading.foreign_policies import read_foreign
from canary_runner.model.service import GENERIC_WEB
from canary_runner.model.study import StudyOptions
from tests.builders import POLICIES
from tests.linting.manifest_cases import BASES, MANIFESTS, all_cases, facts_of, found, text_of, told


@pytest.mark.parametrize(("rule", "case"), all_cases())
def test_findings(rule, case):
    assert told(rule, case) == case["finds"]


@pytest.mark.parametrize(("rule", "case"), [param for param in all_cases() if "mended" in param.values[1]])
def test_who_follows_the_help_has_the_finding_no_longer(rule, case):
    assert told(rule, case)
    assert told(rule, case, mended=True) == []


@pytest.mark.parametrize("base", BASES)
def test_a_good_manifest_has_no_finding(base):
    assert told_all({"base": base}) == []


def told_all(case):
    return [one.message for one in found(RULES, case)[0]]


def test_every_rule_about_manifests_has_cases_of_both_kinds():
    by_rule = {}
    for param in all_cases():
        rule, case = param.values
        by_rule.setdefault(rule, set()).add(bool(case["finds"]))
    assert set(OF_MANIFESTS) == set(by_rule)
    assert [rule for rule, kinds in by_rule.items() if kinds != {True, False}] == []


@pytest.mark.parametrize(("rule", "case"), all_cases())
def test_messages_are_one_bounded_lower_case_line_with_a_number_and_a_help(rule, case):
    findings, document = found(RULES, case)
    for finding in findings:
        assert finding.severity is RULES[finding.rule].SEVERITY
        for text in (finding.message, finding.help, *(related.message for related in finding.related)):
            assert text == text.strip()
            assert "\n" not in text
            assert 0 < len(text) <= 250
        assert re.search("[0-9]", finding.message)
        assert not re.match("[A-Z][a-z]", finding.message)
        assert document.span(finding.at).line > 0


def test_a_comment_ignores_a_finding_in_a_manifest_and_one_that_ignores_nothing_is_told():
    case = {"base": "flagger", "change": {"maxWeight: 100": "maxWeight: 50  # canary-run: ignore[{}] why not"}}

    def rules_with(ignored):
        change = {old: new.format(ignored) for old, new in case["change"].items()}
        return [one.rule for one in found(RULES, {**case, "change": change})[0]]

    assert rules_with("overshoots-max-weight") == ["unguarded-jump"]
    assert rules_with("overshoots-max-weight, unguarded-jump") == []
    assert sorted(rules_with("blind-stage")) == ["overshoots-max-weight", "unguarded-jump", "unused-ignore"]


def test_a_comment_ignores_what_reading_tells(tmp_path):
    """`never-fails` is told by whoever reads a manifest; in lint a comment accepts it too."""
    text = text_of({"base": "flagger", "change": {"        thresholdRange: {min: 98}\n": ""}})
    path = tmp_path / "canary.yaml"
    path.write_text(text)
    assert "never-fails" in {one.rule for one in lint_file(str(path), GENERIC_WEB).diagnostics}
    path.write_text(
        text.replace("name: request-success-rate", "name: request-success-rate  # canary-run: ignore[never-fails] x")
    )
    left = {one.rule for one in lint_file(str(path), GENERIC_WEB).diagnostics}
    assert not left & {"never-fails", "unused-ignore"}


def test_what_a_rule_explains_is_not_told_twice():
    foreign = read_foreign("f", text_of({"base": "argo", "change": {"<= 0.02": ">= 95"}}).encode())
    told_by_reading = foreign.report.diagnostics
    assert [one.rule for one in told_by_reading if one.rule.startswith("never")] == ["never-passes"]
    document, at = foreign.report.document, ("ratio-against-percent",)
    assert [one.rule for one in lint_manifest(foreign.policies, document, GENERIC_WEB, at, told_by_reading)] == [*at]
    assert "never-passes" in {
        one.rule for one in lint_manifest(foreign.policies, document, GENERIC_WEB, (), told_by_reading)
    }


def test_each_rollout_of_a_file_is_linted():
    one = text_of({"base": "flagger", "change": {"maxWeight: 100": "maxWeight: 50"}})
    foreign = read_foreign("f", f"{one}---\n{one.replace('name: shop}', 'name: two}', 1)}".encode())
    lines = one.count("\n") + 1
    findings = lint_manifest(foreign.policies, foreign.report.document, GENERIC_WEB, ["overshoots-max-weight"])
    places = [foreign.report.document.span(finding.at).line for finding in findings]
    assert places == [11, 11 + lines]


def test_the_pages_name_a_source_and_show_before_and_after():
    pages = api.rule_pages()
    for rule in OF_MANIFESTS:
        if not hasattr(RULES[rule], "check"):
            page = pages[rule]
            assert "**Why.**" in page
            assert "**Instead.**" in page
            assert re.search(r"\b(argoproj|fluxcd|awsdocs|aws)/[a-z-]+", page), rule
            assert "before, " in page.replace("\n", " ").lower(), rule
            assert "after, " in page.replace("\n", " "), rule


def test_cases_are_plain_data():
    for path in MANIFESTS.glob("*.yaml"):
        for name, case in yaml.safe_load(path.read_text()).items():
            assert set(case) <= {"base", "change", "service", "finds", "mended"}, (path.stem, name)


@pytest.mark.parametrize("case", [param.values[1] for param in all_cases() if param.values[0] == "alarms-when-healthy"])
def test_the_healthy_rollouts_that_are_counted_are_those_of_study(case, tmp_path):
    (facts,) = facts_of(case)
    path = tmp_path / "manifest.yaml"
    path.write_text(text_of(case))
    service = replace(api.load_service(str(POLICIES / "checkout.service.yaml")), value=facts.service)
    options = StudyOptions("sample", runs=RUNS, seed=SEED)
    (study,) = api.study([api.load_policy(str(path))], service, [api.find_scenario("healthy")], options).results
    assert healthy_fate(facts.policy, facts.service).rolled_back == round(study.rollback_probability.value * RUNS)
