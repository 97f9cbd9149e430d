"""The rules of `lint`: one a file. The file's name is the id, its docstring the page.

A file in this folder is a rule; nothing else need be told of it. A rule has `check` for policies of ours,
`check_manifest` for rollouts in manifests of other systems, or both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Final, Protocol, cast

if TYPE_CHECKING:
    from canary_runner.linting.facts import PolicyFacts
    from canary_runner.linting.manifests import ManifestFacts
    from canary_runner.model.diagnostics import Diagnostic, Severity


class Rule(Protocol):
    """What every file of this folder offers."""

    ID: str
    SEVERITY: Severity


class PolicyRule(Rule, Protocol):
    """A rule that asks policies of ours."""

    def check(self, policy: PolicyFacts) -> Iterator[Diagnostic]:
        """Yield the findings about one policy; of several at one place the first is told."""
        ...


class ManifestRule(Rule, Protocol):
    """A rule that asks rollouts in manifests."""

    def check_manifest(self, manifest: ManifestFacts) -> Iterator[Diagnostic]:
        """Yield the findings about one rollout; of several at one place the first is told."""
        ...


def rules_in(folders: Iterable[str]) -> Mapping[str, Rule]:
    """Return the rules whose files are in folders of this package, by id, in alphabetical order."""
    names = sorted(module.name for module in iter_modules(folders))
    rules = [cast("Rule", import_module(f"{__name__}.{name}")) for name in names]
    return {rule.ID: rule for rule in rules}


RULES: Final = rules_in(__path__)

OF_POLICIES: Final = {rule: cast("PolicyRule", one) for rule, one in RULES.items() if hasattr(one, "check")}

OF_MANIFESTS: Final = {rule: cast("ManifestRule", one) for rule, one in RULES.items() if hasattr(one, "check_manifest")}
