"""Files of every kind, from a path to a value or to findings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from canary_runner.loading.causes import unexplained
from canary_runner.loading.detection import is_manifest
from canary_runner.loading.document import place_of, scan
from canary_runner.loading.kinds import kind_of
from canary_runner.loading.policy_file import policy_from
from canary_runner.loading.scenario_file import scenarios_from
from canary_runner.loading.schema import KINDS, validate_document
from canary_runner.loading.semantics import policy_findings
from canary_runner.loading.service_file import service_findings, service_from
from canary_runner.loading.source import read_bytes
from canary_runner.model.diagnostics import (
    Diagnostic,
    Document,
    FileReport,
    InputError,
    error_at,
)
from canary_runner.model.foreign import AnyPolicy
from canary_runner.model.loaded import Loaded
from canary_runner.model.policy import Policy
from canary_runner.model.scenario import Scenario
from canary_runner.model.service import Service

if TYPE_CHECKING:
    from canary_runner.loading.beside import Beside
    from canary_runner.loading.bindings import Binding

MAX_FINDINGS: Final = 100
"""Findings about one file that are told; more are counted."""


def _binding_findings(document: Document) -> list[Diagnostic]:
    from canary_runner.loading.bindings import binding_findings

    return binding_findings(document)


def _test_findings(document: Document) -> list[Diagnostic]:
    from canary_runner.loading.expectation_rules import test_findings

    return test_findings(document)


def _scenarios_findings(document: Document) -> list[Diagnostic]:
    from canary_runner.loading.expectation_rules import scenarios_findings

    return scenarios_findings(document)


_SEMANTICS: Final[dict[str, Callable[[Document], list[Diagnostic]]]] = {
    "policy": policy_findings,
    "service": service_findings,
    "test": _test_findings,
    "scenarios": _scenarios_findings,
    "bindings": _binding_findings,
}


def load_policy(path: str) -> Loaded[AnyPolicy]:
    """Return the policy in a file ("-": standard input).

    Raises InputError with every finding about its content, UsageError if it cannot be read.
    """
    (loaded,) = load_policies(path)
    return loaded


def load_policies(path: str, beside: Beside | None = None, *, is_every: bool = False) -> tuple[Loaded[AnyPolicy], ...]:
    """Return the policies in a file: more than one only of rollouts that are named, or with `is_every`."""
    read = read_policy(path, read_bytes(path), beside, is_every=is_every)
    if not read.policies:
        raise InputError([read.report])
    return read.loaded()


@dataclass(frozen=True, slots=True)
class ReadPolicy:
    """What a file that is meant to be a policy holds."""

    report: FileReport
    policies: tuple[AnyPolicy, ...]  # none where a finding is an error

    def loaded(self) -> tuple[Loaded[AnyPolicy], ...]:
        """Return its policies with their document; what of a manifest has no meaning here is a loss of the first."""
        losses = (self.report.diagnostics, *[()] * len(self.policies))
        return tuple(Loaded(one, self.report.document, lost) for one, lost in zip(self.policies, losses, strict=False))


def read_policy(name: str, data: bytes, beside: Beside | None = None, *, is_every: bool = False) -> ReadPolicy:
    """Return the policy in a file's bytes: ours, or the rollout in a manifest.

    Several rollouts are an error unless their names are said, or every one is asked for.
    """
    if not is_manifest(data):
        report = check_bytes(name, data, ("policy",))
        return ReadPolicy(report, (policy_from(report.document),) if report.is_valid else ())
    from canary_runner.loading.foreign_policies import read_rollouts

    foreign = read_rollouts(name, data, beside, is_every=is_every)
    return ReadPolicy(foreign.report, foreign.policies)


def load_service(path: str) -> Loaded[Service]:
    """Return the service in a file; raises as `load_policy` does."""
    document = _valid(path, "service")
    return Loaded(service_from(document), document)


def load_scenarios(path: str) -> dict[str, Scenario]:
    """Return the scenarios in a scenarios file or a test file, by name; raises as `load_policy` does."""
    return scenarios_from(_valid(path, "scenarios", "test"))


def load_bindings(path: str) -> Loaded[dict[str, Binding]]:
    """Return the bindings in a file, by the name of their metric; raises as `load_policy` does."""
    from canary_runner.loading.bindings import bindings_from

    document = _valid(path, "bindings")
    return Loaded(bindings_from(document), document)


def check_file(path: str, kinds: tuple[str, ...] = KINDS, beside: Beside | None = None) -> FileReport:
    """Return every finding about a file of one of `kinds`; only one that cannot be read raises (UsageError)."""
    return check_bytes(path, read_bytes(path), kinds, beside)


def policy_in(report: FileReport) -> Policy | None:
    """Return the policy in a file without errors; None if it holds something else, or is not valid."""
    return policy_from(report.document) if report.is_valid and says_policy(report.document) else None


def says_policy(document: Document) -> bool:
    """Tell whether a file says that it is a policy of ours, valid or not."""
    return kind_of(document, KINDS)[0] == "policy"


def is_foreign(document: Document) -> bool:
    """Tell whether a document holds the objects of a manifest."""
    return isinstance(document.data, list)


def check_bytes(name: str, data: bytes, kinds: tuple[str, ...] = KINDS, beside: Beside | None = None) -> FileReport:
    """Return every finding about a file's bytes that are meant to be one of `kinds`, with what is known `beside`."""
    if "policy" in kinds and is_manifest(data):
        from canary_runner.loading.foreign_policies import check_foreign

        return check_foreign(name, data, beside)
    report, is_whole = scan(name, data)
    if not is_whole:
        return report
    document = report.document
    kind, findings = kind_of(document, kinds)
    if kind:
        findings = findings + validate_document(document, kind)
        if rules := _SEMANTICS.get(kind):
            findings += unexplained(rules(document), findings)
    if not findings:
        return report
    found = [*report.diagnostics, *_beside(findings, report.diagnostics)]
    return FileReport(document, tuple(_each_once(found, document)))


def _valid(path: str, *kinds: str) -> Document:
    report = check_file(path, kinds)
    if not report.is_valid:
        raise InputError([report])
    return report.document


def _beside(findings: list[Diagnostic], first: tuple[Diagnostic, ...]) -> list[Diagnostic]:
    """Return the findings that say more than `first` does: a scalar that cannot be read has no other fault."""
    places = {finding.at for finding in first}
    return [finding for finding in findings if finding.at not in places]


def _each_once(findings: list[Diagnostic], document: Document) -> list[Diagnostic]:
    """Sort by place; what an alias repeats is one finding."""
    seen: dict[tuple[Any, ...], Diagnostic] = {}
    for finding in sorted(findings, key=lambda each: place_of(each, document)):
        seen.setdefault((finding.rule, document.span(finding.at, finding.on_key), finding.message), finding)
    found = list(seen.values())
    if len(found) <= MAX_FINDINGS:
        return found
    message = f"{len(found) - MAX_FINDINGS} more findings"
    rest = error_at("too-many-findings", found[MAX_FINDINGS].at, message, "mend these first")
    return [*found[:MAX_FINDINGS], rest]
