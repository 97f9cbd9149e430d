"""A later stage allows more than an earlier one did.

**Why.** Every stage shows the release to more users, and has more data to judge it by. A limit that grows on the way
lets pass at 50 % what was refused at 5 %: the earlier stage was too strict, or the later one guards nothing.

**Instead.** Limits that stay, or tighten, from stage to stage.
"""

from collections.abc import Iterator
from fractions import Fraction

from canary_runner.linting.facts import MAX, MAX_OVER_BASELINE, CheckFacts, PolicyFacts, StageFacts
from canary_runner.model.diagnostics import Diagnostic, Related, Severity
from canary_runner.model.policy import Micros, Points, Ratio

ID = "limits-loosen"
SEVERITY = Severity.WARNING


Limits = dict[tuple[str, str, str], tuple[Fraction, CheckFacts]]
"""By metric, key and kind: the strictest value so far, and its check."""


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find limits above the smallest of their kind in the stages before."""
    strictest: Limits = {}
    for facts in policy.stages:
        for asked in facts.checks:
            for key, kind, value in _limits(policy, facts, asked):
                least, before = strictest.setdefault((asked.metric, key, kind), (value, asked))
                if value < least:
                    strictest[asked.metric, key, kind] = (value, asked)
                elif value > least:
                    yield _finding(facts, asked, key, before)


def _finding(facts: StageFacts, asked: CheckFacts, key: str, before: CheckFacts) -> Diagnostic:
    """Return the finding: at the limit if it is the stage's own, else at the stage, for the default fits others."""
    is_own = asked.route[0] == "stages"
    at = asked.place(key) if is_own else (*facts.view.route, "traffic_percent")
    message = (
        f'stage "{facts.name}" allows {asked.metric} {key} {asked.written[key]} at {facts.percent} of the traffic, '
        f"after {before.written[key]} at less"
    )
    help = f"write {key}: {before.written[key]}" + ("" if is_own else " in a check of its own")
    stricter, default = Related(before.place(key), "stricter here"), Related(asked.place(key), "the default")
    related = (stricter,) if is_own else (stricter, default)
    return Diagnostic(ID, SEVERITY, at, message, help, related=related)


def _limits(policy: PolicyFacts, facts: StageFacts, asked: CheckFacts) -> Iterator[tuple[str, str, Fraction]]:
    """Yield key, kind and value of each limit that is asked; only values of one kind compare.

    A limit that is not clear of what is normal is no example for a later one.
    """
    if asked.absolute is not None and not policy.is_at_normal(asked.check):
        yield MAX, "absolute", asked.absolute
    match asked.check.over_baseline if facts.compares else None:
        case Points(difference):
            yield MAX_OVER_BASELINE, "points", difference
        case Ratio(factor):
            yield MAX_OVER_BASELINE, "ratio", factor
        case Micros(difference_us):
            yield MAX_OVER_BASELINE, "latency", Fraction(difference_us)
