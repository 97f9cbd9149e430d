"""The pages of the rules: the docstrings of their files, read from the source.

Python drops docstrings under PYTHONOPTIMIZE=2, and to import a rule only for its page would take longer.
"""

import ast
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

FOLDER: Final = files("canary_runner.linting").joinpath("rules")


def rule_pages() -> Mapping[str, str]:
    """Return the page of every rule, by its id."""
    names = sorted(path.name for path in FOLDER.iterdir() if path.name.endswith(".py") and path.name[0] != "_")
    return {name.removesuffix(".py").replace("_", "-"): _page(name) for name in names}


def _page(name: str) -> str:
    tree = ast.parse(FOLDER.joinpath(name).read_text(encoding="utf-8"))
    return ast.get_docstring(tree) or ""
