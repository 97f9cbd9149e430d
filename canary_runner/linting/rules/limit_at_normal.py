"""A limit that equals the service's normal value: each analysis is a toss of a coin.

**Why.** When the true rate equals the limit, the measured one is above it about half of the time, however many
requests there are. More traffic does not help; only distance does.

**Instead.** A limit that stands clear of the normal value, or `confidence`, which fails only on evidence. The help
line names a limit that one analysis of a healthy release exceeds in at most 1 % of cases.
"""

from collections.abc import Iterator
from fractions import Fraction

from canary_runner.linting.amounts import chance
from canary_runner.linting.facts import MAX, CheckFacts, PolicyFacts, StageFacts, without_comparison
from canary_runner.linting.remedies import first_looser, looser_limits, written
from canary_runner.model.diagnostics import Diagnostic, Severity
from canary_runner.model.policy import ErrorCheck, Stage
from canary_runner.model.words import SHORT, milliseconds, percent

ID = "limit-at-normal"
SEVERITY = Severity.WARNING
MOST = 0.01


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find absolute limits without confidence at the normal value."""
    for facts in policy.stages:
        for asked in facts.checks:
            if asked.check.confidence is not None or policy.is_below_normal(asked.check):
                continue
            if policy.is_at_normal(asked.check):
                yield _finding(policy, facts, asked)


def _finding(policy: PolicyFacts, facts: StageFacts, asked: CheckFacts) -> Diagnostic:
    fails = policy.chances.fails(facts.stage, without_comparison(asked.check), facts.start_at_s, facts.window_s)
    is_rate, normal = isinstance(asked.check, ErrorCheck), policy.normal_value(asked.check)
    limit = asked.absolute or Fraction(0)
    texts = [percent(v, SHORT) if is_rate else milliseconds(v, SHORT) for v in (limit, normal)]

    def holds(changed: Stage) -> bool:
        one = changed.checks[asked.index]
        return (
            not policy.is_at_normal(one)
            and policy.chances.fails(changed, without_comparison(one), facts.start_at_s, facts.window_s) <= MOST
        )

    message = (
        f"{asked.metric} max {texts[0]} is at the normal {texts[1]}: "
        f"a healthy analysis exceeds it with chance {chance(fails)}"
    )
    alternatives = list(first_looser(looser_limits(facts.stage, asked.index, MAX), holds))
    help = written(alternatives, "write confidence: 99% beside it")
    return Diagnostic(ID, SEVERITY, asked.place(MAX), message, help)
