"""The rules of `lint`: one a file. The file's name is the id, its docstring the page."""

from collections.abc import Iterator, Mapping
from typing import Final, Protocol

from canary_runner.linting.facts import PolicyFacts
from canary_runner.linting.rules import (
    alarms_when_healthy,
    first_stage_too_large,
    inconclusive_promotes,
    limit_at_normal,
    limit_below_normal,
    limits_loosen,
    one_error_decides,
    percentile_on_few_requests,
    unguarded_jump,
)
from canary_runner.model.diagnostics import Diagnostic, Severity


class Rule(Protocol):
    """What every file of this folder offers."""

    ID: str
    SEVERITY: Severity

    def check(self, policy: PolicyFacts) -> Iterator[Diagnostic]:
        """Yield the findings about one policy; of several at one place the first is told."""
        ...


_ALL: Final[tuple[Rule, ...]] = (
    limit_below_normal,
    limit_at_normal,
    alarms_when_healthy,
    one_error_decides,
    percentile_on_few_requests,
    limits_loosen,
    first_stage_too_large,
    unguarded_jump,
    inconclusive_promotes,
)
RULES: Final[Mapping[str, Rule]] = {rule.ID: rule for rule in _ALL}
