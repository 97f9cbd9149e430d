"""The rules that can be reported and the pages that explain them are the same."""

import ast
from collections.abc import Iterator
from pathlib import Path

import canary_runner
from canary_runner.loading.rules import RULES

FOLDER = Path(canary_runner.__file__).parent
REPORTERS = {"Diagnostic", "error_at", "report", "error", "warn", "note", "ScalarError", "QuantityError"}


def rule_literals(tree: ast.AST) -> Iterator[str]:
    """Yield the first argument of every call that makes a finding, and what is assigned to `rule`."""
    for node in ast.walk(tree):
        values = []
        if isinstance(node, ast.Call) and node.args:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            values = [node.args[0]] if name in REPORTERS else []
        elif isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "rule" for target in node.targets):
            values = [node.value]
        for value in values:
            branches = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
            yield from (branch.value for branch in branches if isinstance(branch, ast.Constant))


def test_every_rule_that_can_be_reported_is_explained_and_no_other():
    reported = {
        rule for path in FOLDER.rglob("*.py") for rule in rule_literals(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert reported == set(RULES)


def test_a_page_says_why_and_what_instead():
    for rule, page in RULES.items():
        assert page.endswith("."), rule
        assert page.count(". ") >= 1, f"{rule}: one sentence is no explanation"
        assert len(page) <= 500, rule
