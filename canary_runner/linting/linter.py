"""A policy or a manifest, its document and a service become findings."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import accumulate

from canary_runner.linting.chances import Chances
from canary_runner.linting.facts import PolicyFacts, StageFacts
from canary_runner.linting.ignores import Ignore, accepts, further_ignores, ignores_in
from canary_runner.linting.rules import OF_MANIFESTS, OF_POLICIES, RULES, unused_ignore
from canary_runner.loading.around_tests import surroundings
from canary_runner.loading.beside import NOTHING, Beside
from canary_runner.loading.detection import is_manifest
from canary_runner.loading.document import place_of
from canary_runner.loading.files import check_bytes, policy_in
from canary_runner.loading.neighbours import Neighbours
from canary_runner.loading.policy_view import stage_views
from canary_runner.loading.source import read_bytes
from canary_runner.loading.tests_reader import merged
from canary_runner.model.diagnostics import Diagnostic, Document, FileReport, InputError, UsageError
from canary_runner.model.foreign import ForeignPolicy
from canary_runner.model.manifest_options import NOTHING_SAID, ManifestOptions
from canary_runner.model.policy import Policy
from canary_runner.model.service import MEAN_RISING_S, Service
from canary_runner.scenarios.traffic import DAY_S, mean_rate_rps


def facts_of(policy: Policy, document: Document, service: Service) -> PolicyFacts:
    """Return what rules see of a policy that was read from a document."""
    views = stage_views(document.data)
    begins = accumulate((stage.duration_s for stage in policy.stages), initial=0)
    stages = tuple(
        StageFacts(
            index,
            stage,
            view,
            (MEAN_RISING_S + begin_s) % DAY_S,
            mean_rate_rps(service, MEAN_RISING_S, begin_s, begin_s + stage.duration_s),
        )
        for index, (stage, view, begin_s) in enumerate(zip(policy.stages, views, begins, strict=False))
    )
    return PolicyFacts(policy, service, stages, Chances(policy, service), tuple(ignores_in(document)))


def lint(policy: Policy, document: Document, service: Service, rules: Iterable[str]) -> tuple[Diagnostic, ...]:
    """Return the findings of some rules, by id, sorted by place; of one rule at one place only the first.

    What stands in `defaults` is found once, for the stage that a rule names first.
    """
    facts, asked = facts_of(policy, document, service), list(rules)
    found = [one for rule in _but_unused(asked, OF_POLICIES) for one in OF_POLICIES[rule].check(facts)]
    return _accepted(found, asked, document, facts.ignores)


def lint_manifest(
    policies: Iterable[ForeignPolicy],
    document: Document,
    service: Service,
    rules: Iterable[str],
    told: Iterable[Diagnostic] = (),
) -> tuple[Diagnostic, ...]:
    """Return the findings about the rollouts of a manifest, as `lint` does, and those that reading it `told`.

    What a rule explains better is not told a second time.
    """
    from canary_runner.linting.manifests import ManifestFacts

    asked, ignores = list(rules), tuple(ignores_in(document))
    found: list[Diagnostic] = []
    for number, policy in enumerate(policies):
        facts = ManifestFacts(policy, document, service, ignores if number == 0 else ())
        found += [one for rule in _but_unused(asked, OF_MANIFESTS) for one in OF_MANIFESTS[rule].check_manifest(facts)]
    explained = {(rule, one.at) for one in found for rule in getattr(RULES[one.rule], "EXPLAINS", ())}
    found, left = ([one for one in some if (one.rule, one.at) not in explained] for some in (found, told))
    return _accepted(found, asked, document, ignores, left)


def _but_unused(asked: Iterable[str], known: Collection[str]) -> list[str]:
    return [rule for rule in asked if rule in known and rule != unused_ignore.ID]


def _accepted(
    found: Iterable[Diagnostic],
    asked: Sequence[str],
    document: Document,
    ignores: tuple[Ignore, ...],
    told: Iterable[Diagnostic] = (),
) -> tuple[Diagnostic, ...]:
    """Return what is told and found and no comment ignores, with the comments that ignore nothing, sorted by place.

    Of what is found, of one rule at one place only the first is told.
    """
    once: dict[tuple[str, object], Diagnostic] = {}
    for finding in found:
        once.setdefault((finding.rule, finding.at), finding)
    every = [*told, *once.values()]
    known = [*ignores, *further_ignores(document)]
    left = [one for one in every if not any(accepts(ignore, one, document) for ignore in known)]
    if unused_ignore.ID in asked:
        left += unused_ignore.of(one for one in ignores if _is_unused(one, asked, every, document))
    return tuple(sorted(left, key=lambda finding: place_of(finding, document)))


def _is_unused(ignore: Ignore, asked: Collection[str], found: Iterable[Diagnostic], document: Document) -> bool:
    """Tell whether an ignore accepted nothing, though its rule was asked; a rule that nobody knows never is."""
    could = ignore.rule in asked or ignore.rule not in RULES
    return could and not any(accepts(ignore, one, document) for one in found)


def lint_files(
    paths: Iterable[str],
    service: Service,
    rules: Sequence[str] | None = None,
    unread: list[UsageError] | None = None,
    said: ManifestOptions = NOTHING_SAID,
) -> tuple[FileReport, ...]:
    """Return what is found in each file, further ones of manifests too.

    A file that cannot be read goes into `unread`; without it, it raises UsageError.
    """
    outer = surroundings(said)
    neighbours = Neighbours(said.in_folders)
    found: list[FileReport] = []
    for path in paths:
        try:
            beside = neighbours.beside(path, outer.beside if outer is not None else None)
            found.append(lint_file(path, service, rules, beside))
        except InputError as error:
            found += error.reports
        except UsageError as error:
            if unread is None:
                raise
            unread.append(error)
    reports = merged(found)
    if outer is not None:
        outer.refuse_unused(has_failed=not all(one.is_valid for one in reports))
    return reports


def lint_file(
    path: str, service: Service, rules: Sequence[str] | None = None, beside: Beside | None = None
) -> FileReport:
    """Return what is wrong with a file, or if it is a valid policy what rules (all of them if None) find in it.

    Raises UsageError if it cannot be read.
    """
    data = read_bytes(path)
    if is_manifest(data):
        return _lint_foreign(path, data, service, RULES if rules is None else rules, beside)
    report = check_bytes(path, data, beside=beside)
    policy = policy_in(report)
    if policy is None:
        return report
    return replace(report, diagnostics=lint(policy, report.document, service, RULES if rules is None else rules))


def _lint_foreign(path: str, data: bytes, service: Service, rules: Iterable[str], beside: Beside | None) -> FileReport:
    from canary_runner.loading.foreign_policies import check_foreign, read_foreign

    foreign = read_foreign(path, data, beside or NOTHING)
    report = foreign.report
    if not report.is_valid:
        return check_foreign(path, data, beside)
    return replace(
        report, diagnostics=lint_manifest(foreign.policies, report.document, service, rules, report.diagnostics)
    )
