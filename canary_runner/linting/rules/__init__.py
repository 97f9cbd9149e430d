"""The rules of `lint`: one a file. The file's name is the id, its docstring the page.

A file in this folder is a rule; nothing else need be told of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Final, Protocol, cast

from canary_runner.linting.facts import PolicyFacts
from canary_runner.model.diagnostics import Diagnostic, Severity


class Rule(Protocol):
    """What every file of this folder offers."""

    ID: str
    SEVERITY: Severity

    def check(self, policy: PolicyFacts) -> Iterator[Diagnostic]:
        """Yield the findings about one policy; of several at one place the first is told."""
        ...


def rules_in(folders: Iterable[str]) -> Mapping[str, Rule]:
    """Return the rules whose files are in folders of this package, by id, in alphabetical order."""
    names = sorted(module.name for module in iter_modules(folders))
    rules = [cast("Rule", import_module(f"{__name__}.{name}")) for name in names]
    return {rule.ID: rule for rule in rules}


RULES: Final = rules_in(__path__)
