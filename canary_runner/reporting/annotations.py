"""Workflow commands: what GitHub shows as annotations beside the lines of a file."""

MOST_ANNOTATIONS = 10
"""GitHub shows so many of a step; the rest is counted."""


def annotation(kind: str, message: str, **properties: str | int) -> str:
    """Return a workflow command, escaped; `kind` is error, warning or notice."""
    told = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{kind} {told}::{_escaped(message)}"


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
