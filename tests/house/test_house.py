"""The house keeps its shape: what stands at the top, how long a module is, what the names say."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "canary_runner").rglob("*.py"))
TOP = {
    "policies", "schema", "canary_runner", "tests", "docs", "benchmarks", ".ci",
    "pyproject.toml", "README.md", "notes.md", "LICENSE", ".gitignore", ".pre-commit-hooks.yaml", "action.yml",
}  # fmt: skip
LONGEST_MODULE = 300
LONGEST_FUNCTION = 45


def test_top_level_holds_what_the_readme_names_and_nothing_else():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert {path.split("/")[0] for path in tracked} <= TOP
    assert {"policies", "schema", "canary_runner", "tests", "pyproject.toml", "README.md", "notes.md"} <= TOP


@pytest.mark.parametrize("module", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_and_functions_are_short(module):
    text = module.read_text()
    assert len(text.splitlines()) <= LONGEST_MODULE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno + 1 <= LONGEST_FUNCTION, node.name


@pytest.mark.parametrize("folder", sorted({m.parent for m in MODULES}), ids=lambda p: p.name)
def test_every_package_says_what_it_is(folder):
    assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
