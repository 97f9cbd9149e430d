"""The files of the benchmark are valid and differ, and the two kinds of rules are what it says they are."""

import pytest

from benchmarks.linting import FILES, STUDYING, policy_text
from canary_runner.linting.linter import facts_of
from canary_runner.linting.rules import RULES
from canary_runner.loading import check_bytes
from tests.linting.lint_cases import all_cases, subject


def test_the_files_are_valid_and_differ():
    texts = [policy_text(number) for number in range(FILES)]
    assert len(set(texts)) == FILES
    for text in texts[::50]:
        assert check_bytes("p", text.encode()).diagnostics == ()


@pytest.mark.parametrize(("rule", "case"), all_cases())
def test_only_some_rules_reckon_stages_through(rule, case):
    policy, document, service = subject(case)
    facts = facts_of(policy, document, service)
    list(RULES[rule].check(facts))
    if rule not in STUDYING:
        assert not facts.chances.stages


def test_each_of_these_does_so_in_some_case():
    asked = set()
    for param in all_cases():
        rule, case = param.values
        policy, document, service = subject(case)
        facts = facts_of(policy, document, service)
        findings = list(RULES[rule].check(facts))
        if facts.chances.stages or (rule == "crash-spends-budget" and findings):
            asked.add(rule)
    assert asked == set(STUDYING)
