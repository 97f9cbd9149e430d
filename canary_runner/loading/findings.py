"""jsonschema's errors as findings: our words, one finding a cause, nothing of unbounded length.

jsonschema's own messages print whole instances, megabytes of an aliased tree, and are never used.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

from canary_runner.loading.causes import causes
from canary_runner.loading.document import place_of
from canary_runner.loading.fitting import is_integer
from canary_runner.loading.quantities import QUANTITIES, QuantityError
from canary_runner.loading.spelling import key_respelt
from canary_runner.loading.words import TYPE_NAMES, described, did_you_mean, listed, nearest
from canary_runner.model.diagnostics import Diagnostic, Document, Related, Route, Severity, error_at
from canary_runner.model.shown import shown
from canary_runner.model.words import plain

MAX_KEYS = 20
_METRICS: Final = ("error_rate", "latency_p50", "latency_p90", "latency_p95", "latency_p99", "latency_p99.9")
_PERCENTILE_HELP: Final = "percentiles are latency_p1 to latency_p99.999, without zeros at the end"
_NAME_HELP: Final = "a letter or digit first, then letters, digits, spaces and . _ -, at most 64 in all"

Wording = Callable[[Any, Route, Document], Iterator[Diagnostic]]


def findings_of(errors: Iterable[Any], document: Document, kind: str) -> list[Diagnostic]:
    """Return the findings behind jsonschema's errors about a document, sorted by place."""
    found: dict[tuple[str, object, str], Diagnostic] = {}
    for error in errors:
        for finding in _worded(error, document):
            found.setdefault((finding.rule, finding.at, finding.message), finding)
    return sorted(causes(found.values()), key=lambda finding: place_of(finding, document))


def _worded(error: Any, document: Document) -> Iterator[Diagnostic]:
    route = tuple(error.absolute_path)
    if "propertyNames" in error.absolute_schema_path:
        name = error.instance
        yield error_at("bad-name", (*route, name), f'"{shown(str(name))}" is not a name', _NAME_HELP, on_key=True)
        return
    yield from _WORDINGS.get(error.validator, _other)(error, route, document)


def _wrong_type(error: Any, route: Route, _document: Document) -> Iterator[Diagnostic]:
    title = error.schema.get("title", "")
    value = error.instance
    if title in QUANTITIES and isinstance(value, int | Fraction) and not isinstance(value, bool):
        yield _quantity(title, plain(value), route)
        return
    wanted = error.validator_value
    names = [TYPE_NAMES[name] for name in ([wanted] if isinstance(wanted, str) else wanted)]
    message = f"{_name(route)} is {described(value)}, not {listed(names)}"
    yield error_at("wrong-type", route, message, _type_help(title, wanted, value))


def _type_help(title: str, wanted: Any, value: object) -> str:
    if title in QUANTITIES:
        return f"write it like {QUANTITIES[title].example}"
    if title == "tolerance":
        return f"write {{consecutive_failures: {value if is_integer(value) and value > 0 else 2}}}"
    if wanted in ("number", "integer") and isinstance(value, str):
        number = value.strip("% ")
        is_plain = number.replace(".", "", 1).isascii() and number.replace(".", "", 1).isdigit() and len(number) < 16
        return f"write {number}, without quotes and unit" if is_plain else "write a number without quotes and unit"
    if wanted == "string" and not isinstance(value, list | dict) and value is not None:
        return "put it in quotes"
    return {
        "integer": "write a whole number",
        "array": "write a list: [a, b], or lines that begin with -",
        "object": "write key: value",
        "string": "write a text",
        "number": "write a number",
    }.get(str(wanted), "")


def _wrong_pattern(error: Any, route: Route, _document: Document) -> Iterator[Diagnostic]:
    title, text = error.schema.get("title", ""), error.instance
    if title in QUANTITIES:
        yield _quantity(title, text, route)
    elif title == "metric":
        is_percentile = re.fullmatch(r"latency_p[0-9.]+", text)
        help = _PERCENTILE_HELP if is_percentile else did_you_mean(text, _METRICS, "known")
        yield error_at("unknown-word", route, f'unknown metric "{shown(text)}"', help)
    elif title == "name":
        yield error_at("bad-name", route, f'"{shown(text)}" is not a name', _NAME_HELP)
    else:
        yield error_at("bad-text", route, f'"{shown(text)}" is not a {title}', "write one printable line")


def _quantity(title: str, text: str, route: Route) -> Diagnostic:
    try:
        QUANTITIES[title].parse(text)
    except QuantityError as error:
        return replace(error_at(error.rule, route, str(error), error.help), mend=error.mend)
    # a number that would be right as a text: there is none among our quantities, all of them have a unit
    return error_at("wrong-type", route, f"{shown(text)} is a number", "put it in quotes")


def _unknown_word(error: Any, route: Route, _document: Document) -> Iterator[Diagnostic]:
    words = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    value = error.instance
    if isinstance(value, str):
        message = f'unknown {_name(route)} "{shown(value)}"'
        yield error_at("unknown-word", route, message, did_you_mean(value, words, "known"))
    else:
        yield error_at(
            "wrong-type", route, f"{_name(route)} is {described(value)}, not {listed(words)}", f"write {listed(words)}"
        )


def _unknown_keys(error: Any, route: Route, _document: Document) -> Iterator[Diagnostic]:
    known = list(error.schema.get("properties", {}))
    unknown = [key for key in error.instance if key not in known]
    for key in unknown[:MAX_KEYS]:
        free = [word for word in known if word not in error.instance]
        meant = nearest(key, known)
        is_taken = meant is not None and meant not in free
        help = f'"{meant}" is here already' if is_taken else did_you_mean(key, free or known, "known here")
        finding = error_at("unknown-key", (*route, key), f'unknown key "{shown(key)}"', help, True)
        yield replace(finding, mend=key_respelt(key, free) or "")
    if len(unknown) > MAX_KEYS:
        at = (*route, unknown[MAX_KEYS])
        yield error_at(
            "too-many-findings", at, f"{len(unknown) - MAX_KEYS} more unknown keys", "mend these first", True
        )


def _missing_keys(error: Any, route: Route, _document: Document) -> Iterator[Diagnostic]:
    for key in error.validator_value:
        if key not in error.instance:
            is_stage = route[:1] == ("stages",) and isinstance(route[-1], int)  # names of stages are distinct
            example = f"stage-{int(route[-1]) + 1}" if is_stage and key == "name" else _example(error.schema, key)
            yield error_at("missing-key", route, f'{_name(route)} has no "{key}"', f"add {key}: {example}", on_key=True)


def _dependent_keys(error: Any, route: Route, _document: Document) -> Iterator[Diagnostic]:
    for key, wanted in error.validator_value.items():
        for other in wanted:
            if key in error.instance and other not in error.instance:
                help = f"add {other}: {_example(error.schema, other)}"
                yield error_at("missing-key", (*route, key), f'"{key}" needs "{other}" beside it', help, True)


def _none_of(error: Any, route: Route, _document: Document) -> Iterator[Diagnostic]:
    keys = [branch["required"][0] for branch in error.validator_value if set(branch) == {"required"}]
    if len(keys) != len(error.validator_value):
        return  # what every stage needs is said stage by stage: see semantics
    message = f"{_name(route)} has none of {listed(keys)}"
    yield error_at(
        "missing-key", route, message, f"add one of them, like {keys[0]}: {_example(error.schema, keys[0])}", True
    )


def _contradiction(error: Any, route: Route, _document: Document) -> Iterator[Diagnostic]:
    path = list(error.absolute_schema_path)
    chosen = path[path.index("dependentSchemas") + 1] if "dependentSchemas" in path else ""
    message = f'"{route[-1]}" cannot stand beside "{chosen}"'
    related = (Related((*route[:-1], chosen), "chosen here"),)
    yield Diagnostic("conflicting-keys", Severity.ERROR, route, message, "keep one of them", True, related)


def _not_increasing(error: Any, route: Route, document: Document) -> Iterator[Diagnostic]:
    *above, index, key = route
    items: Any = document.data
    for step in above:
        items = items[step]
    for before in range(int(index) - 1, -1, -1):
        item = items[before]
        if isinstance(item, dict) and isinstance(item.get(key), int | Fraction):
            value, last = plain(items[index][key]), plain(item[key])
            message = f"traffic {value} does not grow: the stage before has {last}"
            related = (Related((*above, before, key), f"the stage before has {last}"),)
            help = f"write more than {last}, or merge the two stages"
            yield Diagnostic("not-increasing", Severity.ERROR, route, message, help, related=related)
            return


def _out_of_range(error: Any, route: Route, _document: Document) -> Iterator[Diagnostic]:
    words = {
        "minimum": "below {}",
        "maximum": "above {}",
        "exclusiveMinimum": "not above {}",
        "exclusiveMaximum": "not below {}",
    }
    limit = words[error.validator].format(f"{error.validator_value:,}")
    bounds = {
        "minimum": "from {} up",
        "exclusiveMinimum": "above {}",
        "maximum": "at most {}",
        "exclusiveMaximum": "below {}",
    }
    asked = [words.format(f"{error.schema[key]:,}") for key, words in bounds.items() if key in error.schema]
    message = f"{_name(route)} {plain(error.instance)} is {limit}"
    yield error_at("out-of-range", route, message, f"write a number {' and '.join(asked)}")


def _too_few(error: Any, route: Route, _document: Document) -> Iterator[Diagnostic]:
    words = {"minItems": "an empty list", "minProperties": "empty", "minLength": "an empty text"}
    yield error_at("empty-value", route, f"{_name(route)} is {words[error.validator]}", _few_help(error))


def _few_help(error: Any) -> str:
    known = list(error.schema.get("properties", {}))
    return f"write one of {listed(known)}" if known else "write at least one"


def _too_many(error: Any, route: Route, _document: Document) -> Iterator[Diagnostic]:
    what = {"maxItems": "entries", "maxProperties": "keys", "maxLength": "characters"}[error.validator]
    title = error.schema.get("title", "")
    if error.validator == "maxLength" and title in QUANTITIES:
        yield error_at(
            "bad-quantity",
            route,
            f'"{shown(error.instance)}" is not a {title}',
            f"write it like {QUANTITIES[title].example}",
        )
        return
    message = f"{_name(route)} has {len(error.instance):,} {what}, at most {error.validator_value:,}"
    yield error_at("too-large", route, message, "shorten it")


def _other(error: Any, route: Route, _document: Document) -> Iterator[Diagnostic]:
    yield error_at("bad-value", route, f"{_name(route)} is not as the schema wants it", "see canary-run schema")


_WORDINGS: Final[dict[str, Wording]] = {
    "type": _wrong_type,
    "pattern": _wrong_pattern,
    "enum": _unknown_word,
    "const": _unknown_word,
    "additionalProperties": _unknown_keys,
    "required": _missing_keys,
    "dependentRequired": _dependent_keys,
    "anyOf": _none_of,
    "not": _contradiction,
    "strictlyIncreasing": _not_increasing,
    "minItems": _too_few,
    "minProperties": _too_few,
    "minLength": _too_few,
    "maxItems": _too_many,
    "maxProperties": _too_many,
    "maxLength": _too_many,
    "minimum": _out_of_range,
    "maximum": _out_of_range,
    "exclusiveMinimum": _out_of_range,
    "exclusiveMaximum": _out_of_range,
}


def _example(schema: Any, key: str) -> str:
    part = schema.get("properties", {}).get(key, {})
    title = part.get("title", "")
    if "const" in part:
        return str(part["const"])
    if title in QUANTITIES:
        return QUANTITIES[title].example.split(" or ")[0].split(",")[0]
    return _EXAMPLES.get(key, "...")


_EXAMPLES: Final = {
    "name": "standard",
    "stages": "[{name: canary, traffic_percent: 10}, ...]",
    "traffic_percent": "10",
    "metric": "error_rate",
    "max": "1%",
    "failures": "3",
    "of_last": "5",
    "unchecked": '"reason"',
    "error_rate": "+2pp",
    "traffic": "{rate: 120rps}",
    "baseline": "{error_rate: 0.2%, latency: {p50: 80ms, p99: 320ms}}",
    "latency": "{p50: 80ms, p99: 320ms}",
    "policies": "[standard.yaml]",
    "tests": "[{name: ..., scenario: healthy, expect: ...}]",
    "expect": "{rollback_probability: {at_most: 1%}}",
    "scenarios": "{bad-deploy: {canary: {error_rate: +2pp}}}",
    "bindings": "{success-rate: {measures: success_ratio, window: 5m, arm: canary}}",
    "measures": "error_ratio",
    "arm": "canary",
}


def _name(route: Route) -> str:
    """Return what a route leads to, in words: `traffic_percent`, `stage 2`, `check 1`, `the file`."""
    if not route:
        return "the file"
    last = route[-1]
    if isinstance(last, str):
        return shown(last)
    above = str(route[-2]) if len(route) > 1 else "entries"
    one = f"{above[:-3]}y" if above.endswith("ies") else above.removesuffix("s")
    return f"{shown(one)} {last + 1}"
