"""Texts that only another program can make a manifest of: Helm templates, Terraform."""

import re
from typing import Final

from canary_runner.loading.text import split_lines
from canary_runner.model.diagnostics import Diagnostic, Span, error_at

_ACTION: Final = r"\{\{-?\s*"
_CERTAIN: Final = (
    _ACTION + r"(?: [$(]* \.(?:Values|Release|Chart|Capabilities|Template|Files)\b"
    r"| (?:include|toYaml|template|define|required|tpl)\b )"
)
"""What stands in Helm's templates and nowhere else."""

_LIKELY: Final = _ACTION + r"(?: [.$] | (?:if|else|end|range|with|block|default)\b )"
"""What a rendered manifest may have too, in the text of an alert: it tells only why a text is no YAML."""

_HCL: Final = (
    r'^(?: (?:resource|data) \s+ "[^"\n]*" \s+ "[^"\n]*" | (?:module|variable|provider|output) \s+ "[^"\n]*"'
    r"| (?:terraform|locals) ) \s* \{"
)
_TERRAFORM_JSON: Final = r'^[\ \t{]* "terraform_version" \s* :'
_HELM_WORDS: Final = (
    "this is a Helm template, not the manifest that it makes",
    "run helm template CHART, and give what it prints: helm template CHART | canary-run run -",
)
_TERRAFORM_WORDS: Final = (
    "this is Terraform, and its values are known only to its plan",
    "a plan (terraform show -json) is not read either; write the deployment's numbers as a CloudFormation resource, "
    "or as a policy: canary-run init",
)


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.MULTILINE | re.VERBOSE)


_KNOWN: Final = (
    (_compiled(_CERTAIN), _HELM_WORDS),
    (_compiled(_HCL), _TERRAFORM_WORDS),
    (_compiled(_TERRAFORM_JSON), _TERRAFORM_WORDS),
)
_IF_BROKEN: Final = ((_compiled(_LIKELY), _HELM_WORDS),)


def template_finding(text: str, is_broken: bool) -> Diagnostic | None:
    """Return the finding about a text that is a template, None if it is none.

    Where the text `is_broken`, as YAML, what is likely counts too.
    """
    for pattern, (message, help) in _KNOWN + _IF_BROKEN if is_broken else _KNOWN:
        if match := pattern.search(text):
            return error_at("template", _span(text, match), message, help)
    return None


def _span(text: str, match: re.Match[str]) -> Span:
    begins = match.start() + len(match[0]) - len(match[0].lstrip())
    before = split_lines(text[:begins])
    length = len(match[0].strip())
    return Span(len(before), len(before[-1]) + 1, len(before), len(before[-1]) + 1 + length)
