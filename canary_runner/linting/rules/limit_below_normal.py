"""A limit that the service's normal rate exceeds: the release before would fail it too.

**Why.** A healthy release has the service's normal error rate and latency. A limit below them fails more often than
not, the more surely the more requests there are. `max: 0%` is the extreme: it fails on a single error, and no
service of any size has none (Beyer et al. 2016, Site Reliability Engineering, chapter 3: 100 % is the wrong target).

**Instead.** A limit above the normal value, or a comparison with the version before (`max_over_baseline`). The help
line names an absolute limit that one analysis of a healthy release exceeds in at most 1 % of cases. In a manifest,
where a metric's bound is one number: that number beyond the normal one.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from canary_runner.linting.amounts import chance, few, requests
from canary_runner.linting.facts import MAX, CheckFacts, PolicyFacts, StageFacts, without_comparison
from canary_runner.linting.remedies import first_looser, looser_limits, written
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.policy import ErrorCheck, Stage
from canary_runner.model.query import Measures
from canary_runner.model.words import SHORT, decimal, milliseconds, percent
from canary_runner.scenarios.latency import percentile_us

if TYPE_CHECKING:
    from canary_runner.linting.asked import Asked
    from canary_runner.linting.manifests import ManifestFacts

ID = "limit-below-normal"
SEVERITY = Severity.ERROR
EXPLAINS = ("alarms-when-healthy",)
US = 1_000_000
"""Microseconds in a second."""

MOST = 0.01
"""What one analysis of a healthy release may fail with the limit that the help line names."""


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find absolute limits below the normal value."""
    for facts in policy.stages:
        for asked in facts.checks:
            if policy.is_below_normal(asked.check):
                yield _finding(policy, facts, asked)


def _finding(policy: PolicyFacts, facts: StageFacts, asked: CheckFacts) -> Diagnostic:
    length_s = facts.window_s
    fails = policy.chances.fails(facts.stage, without_comparison(asked.check), facts.start_at_s, length_s)
    mean = facts.canary_requests(length_s)

    def holds(changed: Stage) -> bool:
        one = changed.checks[asked.index]
        return (
            not policy.is_below_normal(one)
            and policy.chances.fails(changed, without_comparison(one), facts.start_at_s, length_s) <= MOST
        )

    if isinstance(asked.check, ErrorCheck):
        limit, normal = percent(asked.absolute or Fraction(0)), percent(policy.service.error_rate, SHORT)
        expected = f"{few(mean * policy.service.error_rate)} errors in {requests(mean)} are normal"
    else:
        limit = milliseconds(asked.check.max_us or 0)
        normal = milliseconds(policy.normal_value(asked.check), SHORT)
        expected = f"{percent(policy.normal_slow_share(asked.check.max_us or 0), SHORT)} of requests are slower"
    message = (
        f"{asked.metric} max {limit} is below the normal {normal}: {expected}, "
        f"and a healthy analysis exceeds it with chance {chance(fails)}"
    )
    alternatives = list(first_looser(looser_limits(facts.stage, asked.index, MAX), holds))
    help = written(alternatives, "compare with the version before: write max_over_baseline instead of max")
    return Diagnostic(ID, SEVERITY, asked.place(MAX), message, help)


def check_manifest(manifest: ManifestFacts) -> Iterator[Diagnostic]:
    """Find bounds that the normal ratio or latency does not pass, though some number would."""
    for one in manifest.asked:
        normal = _normal(manifest, one)
        if normal is not None and one.can_pass and not one.passes(normal):
            limit = min(one.limits, key=lambda cut: abs(cut - float(normal)), default=0.0)
            message = (
                f'"{one.name}" is {decimal(normal, SHORT)} on a healthy release, and its bound is '
                f"{decimal(Fraction(str(limit)))}: it fails more often than not, the more surely the more requests "
                "there are"
            )
            help = f"write a bound beyond {decimal(normal, SHORT)}, with room for luck"
            yield Diagnostic(ID, SEVERITY, one.place_of(limit), message, help)


def _normal(manifest: ManifestFacts, one: Asked) -> Fraction | None:
    """Return the number of a healthy release, in the query's own unit; None for counts: they grow with the share."""
    query = one.question.query
    if one.is_ratio:
        return one.of_errors(manifest.service.error_rate)
    if query.measures is Measures.LATENCY_QUANTILE and query.quantile is not None:
        return percentile_us(manifest.service.latency, query.quantile) / US * query.factor
    return None
