"""A CloudFormation template: its resources, and what references in it lead to.

Parameters stand for their defaults. What only AWS knows (an Arn, a region) stays as it is written, which is enough to
tell which resource is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

from canary_runner.loading.importers.fields import Fields
from canary_runner.model.diagnostics import Diagnostic, Document, Route, Severity
from canary_runner.model.shown import shown
from canary_runner.model.words import plain

IN_TEXT: Final = re.compile(r"\$\{([A-Za-z0-9:.]+)\}")
NUMBER: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII)
TRUTHS: Final = {"true": True, "false": False}
DEEPEST: Final = 20
"""Functions within functions that are resolved."""


class Loose(Fields):
    """Fields of a template: AWS takes numbers and truths in quotes too."""

    def raw(self, key: str) -> Any:
        """Return a value, with what is quoted as the number or truth that it says."""
        value = super().raw(key)
        if isinstance(value, str) and NUMBER.fullmatch(value):
            return Fraction(value)
        return TRUTHS.get(value, value) if isinstance(value, str) else value

    def text(self, key: str, default: str = "") -> str:
        """Return a text; a number is one too."""
        value = super().raw(key)
        if isinstance(value, int | Fraction) and not isinstance(value, bool):
            return plain(value)
        return value if isinstance(value, str) else super().text(key, default)


class Template:
    """One template of a file."""

    def __init__(self, document: Document, index: int, told: list[Diagnostic]) -> None:
        assert isinstance(document.data, list)
        self.data: Mapping[str, Any] = document.data[index]
        self.route: Route = (index,)
        self.told = told
        self._document = document

    def others(self) -> Iterator[Template]:
        """Yield the templates beside this one, in the same file or in further ones."""
        objects = self._document.data
        for index, one in enumerate(objects if isinstance(objects, list) else ()):
            if (index,) != self.route and isinstance(one, dict) and isinstance(one.get("Resources"), dict):
                yield Template(self._document, index, self.told)

    def of_type(self, *types: str) -> Iterator[tuple[str, Loose]]:
        """Yield the resources of some types: logical id and properties, with references resolved."""
        for name, resource in _mapping(self.data.get("Resources")).items():
            if isinstance(resource, dict) and resource.get("Type") in types:
                yield name, self.properties(name)

    def properties(self, name: str) -> Loose:
        """Return the properties of a resource, with references resolved."""
        resource = _mapping(_mapping(self.data.get("Resources")).get(name))
        resolved = self.resolved(_mapping(resource.get("Properties")))
        return Loose(_mapping(resolved), (*self.route, "Resources", name, "Properties"), self.told)

    def type_of(self, name: str) -> str:
        """Return the type of a resource, an empty text if there is none of this name."""
        return str(_mapping(_mapping(self.data.get("Resources")).get(name)).get("Type", ""))

    def resolved(self, value: Any, depth: int = 0) -> Any:
        """Return a value with parameters put in; references to resources become `${Name}` or `${Name.Part}`."""
        if depth > DEEPEST:
            return value
        if isinstance(value, list):
            return [self.resolved(item, depth + 1) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref" and isinstance(argument, str):
                return self._parameter(argument)
            if name == "Fn::GetAtt":
                parts = argument if isinstance(argument, list) else [argument]
                return f"${{{'.'.join(map(str, parts))}}}"
            if name == "Fn::Sub":
                return self._substituted(argument)
        return {key: self.resolved(item, depth + 1) for key, item in value.items()}

    def _substituted(self, argument: Any) -> Any:
        text, own = (argument[0], _mapping(argument[1])) if _is_pair(argument) else (argument, {})
        if not isinstance(text, str):
            return argument
        return IN_TEXT.sub(lambda match: str(own.get(match[1], self._parameter(match[1]))), text)

    def _parameter(self, name: str) -> Any:
        parameter = _mapping(self.data.get("Parameters")).get(name)
        if isinstance(parameter, dict) and parameter.get("Default") is not None:
            return parameter["Default"]
        return f"${{{name}}}"


def meant(value: object) -> str:
    """Return the logical id that a resolved reference leads to, or the name that is written: of `${Alarm.Arn}` Alarm.

    Of an Arn that ends in a name it is the name.
    """
    text = value if isinstance(value, str) else ""
    found = IN_TEXT.findall(text)
    if text.startswith("arn:"):
        tail = text.rsplit(":", 1)[-1]
        last = IN_TEXT.fullmatch(tail)
        return last[1].split(".")[0] if last else tail
    return found[0].split(".")[0] if found and IN_TEXT.fullmatch(text) else text


def not_read(name: str, other: str, at: Route) -> Diagnostic:
    """Return what is told of a deployment that stands beside the one that is read."""
    message, help = f'only "{shown(name)}" is read, not "{shown(other)}"', f"--rollout {shown(other)} reads it"
    return Diagnostic("not-read", Severity.WARNING, at, message, help)


def is_conditional(value: object) -> bool:
    """Tell whether a value depends on a condition, which only AWS decides."""
    return isinstance(value, dict) and "Fn::If" in value


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_pair(argument: Any) -> bool:
    return isinstance(argument, list) and len(argument) == 2
