"""Keys that YAML refuses for their length, of which its own messages say something else."""

from typing import Any, Final

from canary_runner.model.diagnostics import Diagnostic, Span, error_at

LONGEST_KEY: Final = 1024
"""The longest key that YAML allows without a question mark before it, as it is written."""


def refused_key(error: Any, text: str) -> Diagnostic | None:
    """Return the finding where an error of the parser about `text` comes from a key's length or line end, else None.

    Beyond its limits the parser forgets that a text could be a key, and stumbles over the colon behind it.
    """
    colon = getattr(error, "problem_mark", None)
    if colon is None or text[colon.index : colon.index + 1] != ":":
        return None
    is_known = getattr(error, "context", None) == "while scanning a simple key"
    start = error.context_mark if is_known else _text_before(colon.index, text)
    if start is None:
        return None
    at = Span(start.line + 1, start.column + 1, start.line + 1, start.column + 2)
    length = colon.index - start.index
    if start.line == colon.line and length > LONGEST_KEY:
        message = f"a key of {length:,} characters, at most {LONGEST_KEY:,}"
        return error_at("yaml-syntax", at, message, "shorten it")
    if start.line < colon.line and text[start.index] in "\"'":
        return error_at("yaml-syntax", at, "a key goes on over the end of its line", "write it on one line")
    return None


def _text_before(colon: int, text: str) -> Any:
    """Return where the text begins that stands before a colon, None if nothing or a value stands there."""
    import yaml

    before: list[Any] = [None, None]
    try:
        for token in yaml.scan(text, getattr(yaml, "CSafeLoader", None) or yaml.SafeLoader):
            if token.start_mark.index >= colon:
                break
            before = [before[1], token]
    except yaml.YAMLError:
        pass  # the same error: the tokens so far are what is wanted
    last, found = before
    if not isinstance(found, yaml.ScalarToken):
        return None
    is_value = isinstance(last, yaml.ValueToken) and last.start_mark.line == found.start_mark.line
    return None if is_value else found.start_mark
