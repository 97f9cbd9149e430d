"""The rules of `lint`: one a file. The file's name is the id, its docstring the page."""

from collections.abc import Iterator, Mapping
from typing import Final, Protocol

from canary_runner.linting.facts import PolicyFacts
from canary_runner.linting.rules import (
    alarms_when_healthy,
    blind_stage,
    checks_decide_alike,
    comparison_at_full_traffic,
    crash_spends_budget,
    first_stage_too_large,
    ignore_without_reason,
    inconclusive_promotes,
    largest_jump_last,
    limit_at_normal,
    limit_below_normal,
    limits_loosen,
    minimum_out_of_reach,
    no_bake_at_full,
    no_baseline_comparison,
    one_error_decides,
    only_baseline_comparison,
    overlapping_windows,
    pauses_healthy_releases,
    percentile_on_few_requests,
    rollout_outlasts_releases,
    stage_adds_no_detection,
    tolerance_outlasts_stage,
    traffic_looks_like_a_fraction,
    unbounded_wait,
    unguarded_jump,
    unused_ignore,
    window_never_full,
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
    alarms_when_healthy,
    blind_stage,
    checks_decide_alike,
    comparison_at_full_traffic,
    crash_spends_budget,
    first_stage_too_large,
    ignore_without_reason,
    inconclusive_promotes,
    largest_jump_last,
    limit_at_normal,
    limit_below_normal,
    limits_loosen,
    minimum_out_of_reach,
    no_bake_at_full,
    no_baseline_comparison,
    one_error_decides,
    only_baseline_comparison,
    overlapping_windows,
    pauses_healthy_releases,
    percentile_on_few_requests,
    rollout_outlasts_releases,
    stage_adds_no_detection,
    tolerance_outlasts_stage,
    traffic_looks_like_a_fraction,
    unbounded_wait,
    unguarded_jump,
    unused_ignore,
    window_never_full,
)
RULES: Final[Mapping[str, Rule]] = {rule.ID: rule for rule in _ALL}
