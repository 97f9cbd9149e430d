"""A quick yes: does a document pass its schema, without importing jsonschema?

`accepts(schema)` compiles a schema into one predicate. Where it says yes, jsonschema would find nothing; where it says
no, jsonschema is asked, and it alone finds and words the errors. A schema with a keyword that this module does not
know accepts nothing. A test holds the two together on generated documents.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from canary_runner.loading.fitting import fits, is_integer, is_number, out_of_order

Predicate = Callable[[Any], bool]

_TYPES: Final[Mapping[str, Predicate]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": is_number,
    "integer": is_integer,
}
_NOTES: Final = frozenset({"title", "then", "else"})
"""Keys that say nothing by themselves: an editor's, or read together with another one."""


class _UnknownKeywordError(Exception):
    """The schema says something that only jsonschema understands."""


def accepts(schema: Any) -> Predicate:
    """Compile a schema without references into a predicate on plain data."""
    try:
        return _compiled(schema)
    except _UnknownKeywordError:
        return lambda _: False


def _compiled(schema: Any) -> Predicate:
    if isinstance(schema, bool):
        return lambda _: schema
    parts = [_part(key, schema) for key in schema if key not in _NOTES]
    if len(parts) == 1:
        return parts[0]
    return lambda value: all(part(value) for part in parts)


def _part(key: str, schema: Any) -> Predicate:
    if key not in _KEYWORDS:
        raise _UnknownKeywordError(key)
    return _KEYWORDS[key](schema[key], schema)


def _type(argument: Any, _schema: Any) -> Predicate:
    tests = [_TYPES[name] for name in ([argument] if isinstance(argument, str) else argument)]
    return lambda value: any(test(value) for test in tests)


def _texts(arguments: list[Any]) -> Predicate:
    """Equality with some texts; other constants jsonschema compares in its own way."""
    if not all(isinstance(argument, str) for argument in arguments):
        raise _UnknownKeywordError("const")
    return lambda value: isinstance(value, str) and value in arguments


def _any(tests: list[Predicate]) -> Predicate:
    return lambda value: any(test(value) for test in tests)


def _all(tests: list[Predicate]) -> Predicate:
    return lambda value: all(test(value) for test in tests)


def _properties(argument: Any, _schema: Any) -> Predicate:
    tests = {name: _compiled(part) for name, part in argument.items()}
    return _on_mapping(lambda value: all(test(value[name]) for name, test in tests.items() if name in value))


def _additional(argument: Any, schema: Any) -> Predicate:
    known, test = frozenset(schema.get("properties", ())), _compiled(argument)
    return _on_mapping(lambda value: all(test(part) for name, part in value.items() if name not in known))


def _dependent_schemas(argument: Any, _schema: Any) -> Predicate:
    tests = {name: _compiled(part) for name, part in argument.items()}
    return _on_mapping(lambda value: all(test(value) for name, test in tests.items() if name in value))


def _dependent_required(argument: Any, _schema: Any) -> Predicate:
    return _on_mapping(
        lambda value: all(key in value for name, keys in argument.items() if name in value for key in keys)
    )


def _if(argument: Any, schema: Any) -> Predicate:
    condition = _compiled(argument)
    then, otherwise = _compiled(schema.get("then", True)), _compiled(schema.get("else", True))
    return lambda value: then(value) if condition(value) else otherwise(value)


def _pattern(argument: Any, schema: Any) -> Predicate:
    title = schema.get("title")
    return lambda value: not isinstance(value, str) or fits(argument, title, value)


def _not(argument: Any, _schema: Any) -> Predicate:
    inner = _compiled(argument)
    return lambda value: not inner(value)


def _on_mapping(test: Predicate) -> Predicate:
    return lambda value: not isinstance(value, dict) or test(value)


def _on_list(test: Predicate) -> Predicate:
    return lambda value: not isinstance(value, list) or test(value)


def _on_text(test: Predicate) -> Predicate:
    return lambda value: not isinstance(value, str) or test(value)


def _on_number(test: Predicate) -> Predicate:
    return lambda value: not is_number(value) or test(value)


def _each(argument: Any, _schema: Any) -> Predicate:
    test = _compiled(argument)
    return _on_list(lambda value: all(test(item) for item in value))


def _contains(argument: Any, _schema: Any) -> Predicate:
    test = _compiled(argument)
    return _on_list(lambda value: any(test(item) for item in value))


def _names(argument: Any, _schema: Any) -> Predicate:
    test = _compiled(argument)
    return _on_mapping(lambda value: all(test(name) for name in value))


_KEYWORDS: Final[Mapping[str, Callable[[Any, Any], Predicate]]] = {
    "type": _type,
    "const": lambda argument, _: _texts([argument]),
    "enum": lambda argument, _: _texts(argument),
    "properties": _properties,
    "required": lambda argument, _: _on_mapping(lambda value: all(name in value for name in argument)),
    "additionalProperties": _additional,
    "propertyNames": _names,
    "minProperties": lambda argument, _: _on_mapping(lambda value: len(value) >= argument),
    "maxProperties": lambda argument, _: _on_mapping(lambda value: len(value) <= argument),
    "dependentSchemas": _dependent_schemas,
    "dependentRequired": _dependent_required,
    "items": _each,
    "contains": _contains,
    "minItems": lambda argument, _: _on_list(lambda value: len(value) >= argument),
    "maxItems": lambda argument, _: _on_list(lambda value: len(value) <= argument),
    "strictlyIncreasing": lambda argument, _: _on_list(
        lambda value: not any(True for _ in out_of_order(argument, value))
    ),
    "pattern": _pattern,
    "minLength": lambda argument, _: _on_text(lambda value: len(value) >= argument),
    "maxLength": lambda argument, _: _on_text(lambda value: len(value) <= argument),
    "minimum": lambda argument, _: _on_number(lambda value: value >= argument),
    "maximum": lambda argument, _: _on_number(lambda value: value <= argument),
    "exclusiveMinimum": lambda argument, _: _on_number(lambda value: value > argument),
    "exclusiveMaximum": lambda argument, _: _on_number(lambda value: value < argument),
    "anyOf": lambda argument, _: _any([_compiled(part) for part in argument]),
    "allOf": lambda argument, _: _all([_compiled(part) for part in argument]),
    "not": _not,
    "if": _if,
}
