"""`# canary-run: ignore[blind-stage] reason`: comments that accept a finding, on its line or above it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from canary_runner.model.diagnostics import Diagnostic, Document, Span

_COMMENT: Final = re.compile(r"(?:^|\s)(#\s*canary-run:\s*ignore\[([^\]]*)\]\s*(.*?))\s*$")


@dataclass(frozen=True, slots=True)
class Ignore:
    """One rule that a comment ignores; a comment of two rules is two."""

    rule: str
    reason: str
    span: Span  # of the comment
    line: int  # whose findings it accepts
    file: str = ""  # name of the document it stands in


def ignores_in(document: Document) -> Iterator[Ignore]:
    """Yield what a document's comments ignore: on their own line, or alone on one for the next that is no comment."""
    lines = document.lines
    for number, line in enumerate(lines, 1):
        found = _COMMENT.search(line)
        if found is None:
            continue
        span = Span(number, found.start(1) + 1, number, found.end(1) + 1)
        is_alone = not line[: found.start(1)].strip()
        target = _below(lines, number) if is_alone else number
        for rule in found[2].split(","):
            yield Ignore(rule.strip(), found[3], span, target, document.name)


def further_ignores(document: Document) -> Iterator[Ignore]:
    """Yield what is ignored in files that were read beside a document."""
    for _, one in document.further:
        yield from ignores_in(one)


def accepts(ignore: Ignore, finding: Diagnostic, document: Document) -> bool:
    """Tell whether a comment accepts a finding."""
    is_here = ignore.file == document.placed(finding.at)[0].name
    return is_here and ignore.rule == finding.rule and ignore.line == document.span(finding.at, finding.on_key).line


def _below(lines: Sequence[str], number: int) -> int:
    """Return the number of the first line after `number` that is no comment."""
    following = (i for i in range(number + 1, len(lines) + 1) if not lines[i - 1].lstrip().startswith("#"))
    return next(following, number)
