"""A stage that lets pass what its limit promises to catch.

**Why.** A limit is read as a promise: `max: 2%` says that no release with clearly more errors goes on. With few
requests, a wide tolerance or a demand for evidence the stage passes such releases all the same; it costs time and
protects nobody. The message has the chance over the whole stage that a release twice as far off as the limit allows is
rolled back. Zero errors among n requests only prove a rate below 3/n (Hanley and Lippman-Hand 1983, JAMA 249(13)).

**Instead.** More requests in each analysis, more analyses, or a smaller tolerance. Chances of this kind are a sawtooth
of the requests; the help line names values from which on the stage keeps 80 % or more.
"""

from collections.abc import Iterator

from canary_runner.linting.amounts import chance, requests
from canary_runner.linting.facts import MOST_UNREAD, CheckFacts, PolicyFacts, StageFacts
from canary_runner.linting.misses import caught_at_least
from canary_runner.linting.promises import Promise, promises_of
from canary_runner.linting.remedies import (
    fewer_failures,
    first_lasting,
    longer,
    more_traffic,
    rarer_checks,
    tolerance_failures,
    written,
)
from canary_runner.model.diagnostics import Diagnostic, Route, Severity
from canary_runner.model.policy import Stage, WindowKind
from canary_runner.model.words import duration
from canary_runner.scenarios.traffic import DAY_S

ID = "blind-stage"
SEVERITY = Severity.WARNING
WANTED = 0.8
"""Chance to be rolled back in the stage of a release that is off by twice what the limit allows."""


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find limits whose promise their stage keeps with a chance below WANTED; a limit of the defaults once."""
    told: set[Route] = set()
    for facts in policy.stages:
        if policy.unread(facts, facts.stage) > MOST_UNREAD:
            continue  # minimum-out-of-reach says why
        for asked in facts.checks:
            for promise in promises_of(policy, facts, asked):
                place = asked.place(promise.key)
                if place in told:
                    continue
                caught = None if _is_clear(policy, facts, asked, promise) else _caught(policy, facts, promise)
                if caught is not None and caught < WANTED:
                    told.add(place)
                    yield _finding(policy, facts, asked, promise, caught)


def _is_clear(policy: PolicyFacts, facts: StageFacts, asked: CheckFacts, promise: Promise) -> bool:
    """Tell whether a bound, or the first analyses alone, each on its own data, keep the promise: far cheaper."""
    stage = facts.stage
    if caught_at_least(policy, stage, facts.start_at_s, asked.check, promise) >= WANTED:
        return True
    if stage.window.kind is not WindowKind.SINCE_LAST_CHECK or tolerance_failures(stage) > facts.analyses:
        return False
    caught = 1.0
    for number in range(tolerance_failures(stage)):
        at_s = facts.start_at_s + (number * stage.check_every_s if policy.service.daily_swing else 0)
        caught *= policy.chances.fails(stage, asked.check, at_s % DAY_S, stage.check_every_s, promise.scenario)
    return caught >= WANTED


def _caught(policy: PolicyFacts, facts: StageFacts, promise: Promise) -> float | None:
    odds = policy.chances.of_stage(facts.stage, facts.start_at_s, promise.scenario)
    return None if odds is None else odds.rolled_back


def _finding(policy: PolicyFacts, facts: StageFacts, asked: CheckFacts, promise: Promise, caught: float) -> Diagnostic:
    stage = facts.stage
    message = (
        f'stage "{facts.name}" catches only {chance(caught)} of releases with {promise.words}: '
        f"analyses every {duration(stage.check_every_s)} of {requests(facts.canary_requests(stage.check_every_s))}"
    )

    def holds(changed: Stage) -> bool:
        changed_check = changed.checks[asked.index]
        if caught_at_least(policy, changed, facts.start_at_s, changed_check, promise) >= WANTED:
            return True
        now = policy.chances.tried(changed, facts.start_at_s, promise.scenario)
        return now is not None and now.rolled_back >= WANTED

    alternatives = [
        *first_lasting(rarer_checks(stage), holds),
        *first_lasting(longer(stage), holds),
        *first_lasting(more_traffic(policy, facts), holds),
        *first_lasting(fewer_failures(stage), holds),
    ]
    related = (facts.traffic_place("with this traffic"),)
    help = written(alternatives, "write more traffic and a longer duration, or accept a wider limit that it can keep")
    return Diagnostic(ID, SEVERITY, asked.place(promise.key), message, help, related=related)
