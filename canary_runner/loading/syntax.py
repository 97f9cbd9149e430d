"""PyYAML's syntax errors, reworded: one short lower-case line, its place, and what to write instead."""

import re
from typing import TYPE_CHECKING, Any, Final

from canary_runner.loading.long_keys import refused_key
from canary_runner.loading.text import split_lines
from canary_runner.model.diagnostics import Diagnostic, Related, Severity, Span, error_at
from canary_runner.model.shown import shown

if TYPE_CHECKING:
    import yaml

_WORDINGS: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "mapping values are not allowed",
        "a key cannot begin here",
        'check the indentation; quote a text that contains ": "',
    ),
    ("cannot start any token", "no value can begin with this character", "quote the text"),
    ("expected ',' or ']'", "a list [...] is not closed, or a comma is missing", "close it with ]"),
    ("expected ',' or '}'", "a mapping {...} is not closed, or a comma is missing", "close it with }"),
    (
        "expected '-' indicator",
        "this line fits no list item above it",
        "indent it like its neighbours, or begin it with -",
    ),
    ("expected key", "this line fits no key above it", "indent it like its neighbours"),
    ("expected <block end>", "this line fits no key above it", "indent it like its neighbours"),
    ("could not find expected ':'", "a key without a colon", "write key: value; indent what continues a text"),
    ("unexpected end of stream", "a quoted text is not closed", "close the quote"),
    ("block sequence entries are not allowed", "a list cannot begin here", "put its first - on a line of its own"),
    ("block mapping entries are not allowed", "a key cannot begin here", "put it on a line of its own"),
    ("mapping keys are not allowed", "a key cannot begin here", "put it on a line of its own"),
    (
        "unknown escape character",
        "an escape that YAML does not know",
        "write \\\\ for a backslash, or use single quotes",
    ),
    ("Unicode character escape", "an escape that names no character", "write the character itself"),
    ("hexdecimal number", "an escape without all its digits", "write \\u and four digits, or the character itself"),
    ("undefined alias", "an alias without its anchor", "define &name before *name"),
    ("undefined tag handle", "tags are not used here", "leave the tag out"),
    ("alphabetic or numeric character", "an alias or anchor without a name", "quote a text that begins with * or &"),
    ("expected node content", "a value is missing here", "write the value"),
    ("unexpected document indicator", "a quoted text is not closed before the document ends", "close the quote"),
    ("expected <document start>", "text after the end of the document", "one document a file"),
    ("found a tab", "a tab is used for indentation", "indent with spaces"),
    ("violate indentation", "a tab is used for indentation", "indent with spaces"),
    ("incompatible YAML document", "a YAML version that is not supported", "leave the %YAML line out"),
    ("directive", "a line that begins with % says nothing here", "leave it out; quote a text that begins with %"),
)


_OTHER_HELP: Final = "canary-run init writes files that are right"

_ESCAPE: Final = re.compile(
    r"(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}"
)


def syntax_error(error: "yaml.YAMLError", text: str) -> Diagnostic:
    """Return the finding for an error of PyYAML's scanner, parser or reader about `text`.

    What is never closed is shown where it opens: the end of the file says nothing to anybody.
    """
    problem, mark = _problem(error, text)
    context = getattr(error, "context_mark", None)
    if finding := refused_key(error, text) or _refused_escape(problem, mark, text):
        return finding
    if finding := _quote_inside(problem, mark, text) or _missing_comma(problem, mark, context, text):
        return finding
    for part, message, help in _WORDINGS:
        if part in problem:
            if context and ("not closed" in message or "without a colon" in message):
                related = (Related(_place(mark, text), "and here it goes wrong"),)
                return Diagnostic("yaml-syntax", Severity.ERROR, _place(context, text), message, help, related=related)
            return Diagnostic("yaml-syntax", Severity.ERROR, _place(mark, text), message, help)
    return error_at("yaml-syntax", _place(mark, text), shown(problem[:1].lower() + problem[1:], 100), _OTHER_HELP)


def _quote_inside(problem: str, mark: Any, text: str) -> Diagnostic | None:
    """Return the finding about a text that goes on behind its closing quote: `'it's'`."""
    if not re.search("expected (?:<block end>|key)", problem) or mark is None or mark.index < 1:
        return None
    quote = text[mark.index - 1]
    if quote not in "'\"" or not text[mark.index].isalnum():
        return None
    help = "write '' for a quote inside it: 'it''s'" if quote == "'" else 'write \\" for a quote inside it'
    return error_at("yaml-syntax", _place(mark, text), "the quoted text ends before this", help)


def _missing_comma(problem: str, mark: Any, context: Any, text: str) -> Diagnostic | None:
    """Return the finding about two entries of `{...}` or `[...]` that stand side by side."""
    if "expected ',' or" not in problem or mark is None or context is None:
        return None
    is_beside = mark.line == context.line and _character_at(mark, text) in (":", "{", "[")
    if not is_beside and _character_at(mark, text) not in ("'", '"'):
        return None
    what = "mapping {...}" if "'}'" in problem else "list [...]"
    related = (Related(_place(context, text), f"in the {what} that begins here"),)
    help = "write a comma between two entries; quote a text that contains a colon"
    at = _place(mark, text)
    return Diagnostic("yaml-syntax", Severity.ERROR, at, "a comma is missing before this", help, related=related)


def _problem(error: "yaml.YAMLError", text: str) -> tuple[str, Any]:
    """Return PyYAML's words for what is wrong, and their place; ours where its words depend on what was read first."""
    context = getattr(error, "context_mark", None)
    mark = getattr(error, "problem_mark", None) or context
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "this is not YAML")
    if "directive" in str(getattr(error, "context", None)):
        return "directive", context
    if "cannot start any token" in problem and _character_at(mark, text) == "\t":
        return "found a tab", mark
    return problem, mark


def _refused_escape(problem: str, mark: Any, text: str) -> Diagnostic | None:
    """Return the finding about a well-formed escape that stands for no character, None for any other problem."""
    if "Unicode character escape" not in problem or mark is None:
        return None
    line = split_lines(text)[mark.line]
    escape = _ESCAPE.match(line, line.rfind("\\", 0, mark.column + 1))
    if escape is None:
        return None
    message = {
        "pair": f"{escape[0]} is a surrogate pair, which only JSON knows",
        "half": f"{escape[0]} is half of a surrogate pair, which is no character",
    }.get(escape.lastgroup or "", f"{escape[0]} names no character")
    at = Span(mark.line + 1, escape.start() + 1, mark.line + 1, escape.end() + 1)
    return error_at("yaml-syntax", at, message, "write the character itself")


def _place(mark: Any, text: str) -> Span:
    """Return one character's span; libyaml counts one line too many at the end of a text."""
    if mark is None:
        return Span(1, 1, 1, 1)
    lines = split_lines(text)
    if mark.line >= len(lines):
        return Span(len(lines), len(lines[-1]) + 1, len(lines), len(lines[-1]) + 2)
    return Span(mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2)


def _character_at(mark: Any, text: str) -> str:
    return text[mark.index : mark.index + 1] if mark else ""
