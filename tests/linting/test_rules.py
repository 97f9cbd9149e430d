"""The rules of lint: each has a file, an id, a page, cases that fail and pass; what they print is what `study` says."""

import ast
import importlib
import pkgutil
import re
import sys
from dataclasses import replace

import pytest
import yaml

from canary_runner import api
from canary_runner.compiling.plan import make_plan
from canary_runner.linting import rules
from canary_runner.linting.linter import facts_of, lint
from canary_runner.linting.pages import rule_pages
from canary_runner.linting.rules import OF_MANIFESTS, OF_POLICIES, RULES
from canary_runner.loading import policy_in
from canary_runner.loading.rules import RULES as LOADER_RULES
from canary_runner.model.diagnostics import Severity, UsageError
from canary_runner.model.policy import ConsecutiveFailures, OnInconclusive, Policy, Window, WindowKind
from canary_runner.model.study import StudyOptions
from tests.builders import POLICIES, SHIPPED
from tests.linting.lint_cases import CASES, advices, all_cases, followed, stage_of, subject, told
from tests.linting.manifest_cases import MANIFESTS


@pytest.mark.parametrize(("rule", "case"), all_cases())
def test_findings(rule, case):
    assert told(rule, case) == case["finds"]


@pytest.mark.parametrize("name", [m.name for m in pkgutil.iter_modules(rules.__path__)])
def test_a_rule_is_one_file_with_its_id_its_page_and_its_cases(name):
    rule = importlib.import_module(f"{rules.__name__}.{name}")
    assert RULES[rule.ID] is rule
    assert name.replace("_", "-") == rule.ID
    assert isinstance(rule.SEVERITY, Severity)
    for folder in [CASES] * (rule.ID in OF_POLICIES) + [MANIFESTS] * (rule.ID in OF_MANIFESTS):
        cases = yaml.safe_load((folder / f"{rule.ID}.yaml").read_text(encoding="utf-8")).values()
        assert any(case["finds"] for case in cases), "nothing fails"
        assert any(not case["finds"] for case in cases), "nothing passes"
    page = rule_pages()[rule.ID]
    assert page == ast.get_docstring(ast.parse(pkgutil.get_data(rules.__name__, f"{name}.py")))
    for heading in ("**Why.**", "**Instead.**"):
        assert heading in page


def test_a_file_in_the_folder_is_a_rule(tmp_path, monkeypatch):
    """No list names it: a file and its cases are all that a rule is."""
    text = pkgutil.get_data(rules.__name__, "unguarded_jump.py").decode()
    (tmp_path / "added_today.py").write_text(text.replace("unguarded-jump", "added-today"))
    monkeypatch.setattr(rules, "__path__", [*rules.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, f"{rules.__name__}.added_today", raising=False)
    found = rules.rules_in(rules.__path__)
    assert set(found) - set(RULES) == {"added-today"}
    assert {name: rule for name, rule in found.items() if name in RULES} == RULES
    monkeypatch.delitem(sys.modules, f"{rules.__name__}.added_today")


def test_there_are_twenty_five_rules_or_more():
    assert len(OF_POLICIES) >= 25


def test_there_is_no_other_rule_page_or_case():
    files = {m.name.replace("_", "-") for m in pkgutil.iter_modules(rules.__path__)}
    assert files == set(RULES) == set(rule_pages()) == set(OF_POLICIES) | set(OF_MANIFESTS)
    assert set(OF_POLICIES) == {path.stem for path in CASES.glob("*.yaml")}
    assert set(OF_MANIFESTS) == {path.stem for path in MANIFESTS.glob("*.yaml")}
    assert not files & set(LOADER_RULES)


@pytest.mark.parametrize(("rule", "case"), all_cases())
def test_messages_are_one_bounded_lower_case_line_with_a_number_and_a_help(rule, case):
    policy, document, service = subject(case)
    for finding in lint(policy, document, service, RULES):
        assert finding.severity is RULES[finding.rule].SEVERITY
        for text in (finding.message, finding.help, *(related.message for related in finding.related)):
            assert text == text.strip()
            assert "\n" not in text
            assert 0 < len(text) <= 250
        assert re.search("[0-9]", finding.message)
        assert not re.match("[A-Z][a-z]", finding.message)


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("service", ["checkout", "back-office", None])
def test_the_shipped_policies_have_no_finding(name, service):
    normal = api.load_service(str(POLICIES / f"{service}.service.yaml")) if service else None
    if (name, service) in (("aggressive", "checkout"), ("standard", "back-office"), ("conservative", "back-office")):
        pytest.skip("not its service")
    (report,) = api.lint([str(POLICIES / f"{name}.yaml")], normal)
    assert [finding.message for finding in report.diagnostics] == []


@pytest.mark.parametrize("service", ["checkout", None])
def test_the_mended_policy_of_the_story_has_no_finding(service):
    normal = api.load_service(str(POLICIES / f"{service}.service.yaml")) if service else None
    (report,) = api.lint([str(POLICIES.parent / "docs" / "examples" / "mended.yaml")], normal)
    assert [finding.message for finding in report.diagnostics] == []


def alternatives():
    for param in all_cases():
        rule, case = param.values
        for number, line in enumerate(case["finds"]):
            for advice in advices(line.rpartition(" | ")[2]):
                yield pytest.param(rule, case, number, advice, id=f"{param.id}: {advice}")


@pytest.mark.parametrize(("rule", "case", "number", "advice"), list(alternatives()))
def test_who_follows_a_help_line_has_the_finding_no_longer(rule, case, number, advice):
    policy, document, service = subject(case)
    finding = lint(policy, document, service, [*case.get("beside", []), rule])[number]
    report = followed(document, finding, advice)
    assert [one.message for one in report.diagnostics] == []
    again = lint(policy_in(report), report.document, service, [rule])
    assert (finding.at, stage_of(finding)) not in [(one.at, stage_of(one)) for one in again]


@pytest.mark.parametrize(("rule", "case"), all_cases())
def test_the_chance_of_a_stage_is_what_study_says(rule, case):
    """As a share of those that enter the stage, in a world that stands still."""
    policy, document, service = subject(case)
    facts = facts_of(policy, document, service)
    loaded = replace(api.load_policy(str(POLICIES / "standard.yaml")), value=policy)
    normal = replace(api.load_service(str(POLICIES / "checkout.service.yaml")), value=service)
    try:
        (found,) = api.study([loaded], normal, [api.find_scenario("healthy")], StudyOptions("exact")).results
    except UsageError:
        assert any(stage.stage.window.kind is not WindowKind.SINCE_LAST_CHECK for stage in facts.stages)
        return
    alone = facts.chances.of_stage(facts.stages[0].stage, facts.stages[0].start_at_s)
    first = [way for way in found.decided_in if way.stage == policy.stages[0].name]
    assert alone.rolled_back == pytest.approx(sum(way.probability.value for way in first), rel=1e-9, abs=1e-12)
    for check, share in zip(facts.stages[0].checks, alone.by_check, strict=True):
        named = sum(way.probability.value for way in first if check.metric in way.checks)
        assert share == pytest.approx(named, rel=1e-9, abs=1e-12)
    through = 1.0
    for stage in facts.stages:
        odds = facts.chances.of_stage(stage.stage, stage.start_at_s)
        here = sum(way.probability.value for way in found.decided_in if way.stage == stage.stage.name)
        assert odds.rolled_back * through == pytest.approx(here, rel=1e-6, abs=1e-12)
        through *= 1 - odds.rolled_back - odds.paused


@pytest.mark.parametrize(("rule", "case"), all_cases())
def test_every_chance_of_a_stage_is_that_of_a_policy_with_this_stage(rule, case):
    """All that the rule asked for on the way to its findings and help lines, in whatever scenario."""
    policy, document, service = subject(case)
    facts = facts_of(policy, document, service)
    list(RULES[rule].check(facts))
    normal = replace(api.load_service(str(POLICIES / "checkout.service.yaml")), value=service)
    for (stage, start_at_s, scenario, wait_s), odds in list(facts.chances.stages.items())[:8]:
        if odds is None or make_plan(Policy("", "", (stage,)), service, scenario).edges_us != facts.chances.edges_us:
            continue
        only = replace(stage, wait_for_approval=wait_s > 0)
        loaded = replace(api.load_policy(str(POLICIES / "standard.yaml")), value=Policy("one", "", (only,)))
        options = StudyOptions("exact", start_at_s=start_at_s, approval_delay_s=wait_s)
        (found,) = api.study([loaded], normal, [scenario], options).results
        assert odds.rolled_back == pytest.approx(found.rollback_probability.value, rel=1e-9, abs=1e-12)
        assert odds.paused == pytest.approx(found.pause_probability.value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("rule", "case"), all_cases())
def test_the_chance_of_an_analysis_is_that_of_a_stage_with_one(rule, case):
    policy, document, service = subject(case)
    facts = facts_of(policy, document, service)
    stage = facts.stages[0]
    for check in stage.checks:
        _, fails, unread = facts.chances.of_analysis(stage.stage, check.check, stage.start_at_s, stage.window_s)
        only = replace(
            stage.stage, duration_s=stage.window_s, check_every_s=stage.window_s, checks=(check.check,),
            window=Window(WindowKind.SINCE_LAST_CHECK), rollback_after=ConsecutiveFailures(1),
            on_inconclusive=OnInconclusive.PAUSE,
        )  # fmt: skip
        odds = facts_of(Policy("one", "", (only,)), document, service).chances.of_stage(only, stage.start_at_s)
        if unread < 1e-12:
            assert fails == pytest.approx(odds.rolled_back, rel=1e-4, abs=1e-9)
