"""The published schemas: valid themselves, the same with and without our short cuts, and our one keyword."""

import json
from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema.validators import extend

from canary_runner.loading import check_bytes
from canary_runner.loading.accepts import accepts
from canary_runner.loading.document import read_document, scan
from canary_runner.loading.fitting import out_of_order
from canary_runner.loading.schema import KINDS, compact, inlined, schema_text, validator_of

CASES = Path(__file__).parent / "cases"
SCHEMAS = {kind: json.loads(schema_text(kind)) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_one_by_the_metaschema(kind):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[kind])
    assert SCHEMAS[kind]["$id"] == f"https://canary-runner.dev/schema/{kind}/v1"


def properties(node, path=""):
    for name, child in node.get("properties", {}).items() if isinstance(node, dict) else ():
        if (
            isinstance(child, dict)
            and child.keys() - {"$ref", "not", "const", "contains"}
            and "title" in inlined_here(child)
        ):
            yield f"{path}/{name}", child
    for key, child in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        if key not in ("examples", "default", "dependentSchemas", "if", "then", "else"):
            yield from properties(child, f"{path}/{key}")


def inlined_here(schema):
    return schema if "title" in schema or "$ref" not in schema else {"title": "by reference"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_property_helps_in_an_editor(kind):
    definitions = SCHEMAS[kind]["$defs"]
    for path, schema in properties(SCHEMAS[kind]):
        whole = {**definitions.get(schema.get("$ref", "").removeprefix("#/$defs/"), {}), **schema}
        assert whole.get("description"), path
        assert "examples" in whole or "default" in whole or "const" in whole, path


@pytest.mark.parametrize("kind", KINDS)
def test_every_example_of_a_whole_file_is_valid(kind):
    for example in SCHEMAS[kind]["examples"]:
        assert check_bytes("f", json.dumps(example).encode()).diagnostics == ()


def stock_validator(kind):
    """Return jsonschema's own machinery on the readable schema: references followed, nothing left out."""
    ours = validator_of(kind)
    stock = extend(
        jsonschema.Draft202012Validator,
        {key: ours.VALIDATORS[key] for key in ("strictlyIncreasing", "pattern")},
        type_checker=ours.TYPE_CHECKER,
    )
    return stock(SCHEMAS[kind])


def outlines(validator, data):
    return sorted((str(list(e.absolute_path)), e.validator) for e in validator.iter_errors(data))


def all_cases():
    for kind in ("policy", "service", "test"):
        base = (CASES / f"{kind}.base").read_text()
        for name, case in yaml.safe_load((CASES / f"{kind}.yaml").read_text()).items():
            text = case.get("text", base)
            for old, new in case.get("change", {}).items():
                text = text.replace(old, new, 1)
            yield pytest.param(kind, text, id=f"{kind}: {name}")


@pytest.mark.parametrize(("kind", "text"), list(all_cases()))
def test_our_short_cuts_find_the_same_errors_as_plain_jsonschema(kind, text):
    data = scan("f", text.encode())[0].document.data
    assert outlines(validator_of(kind), data) == outlines(stock_validator(kind), data)


PARSED = [(kind, scan("f", text.encode())[0].document.data) for kind, text in (case.values for case in all_cases())]
LEAVES = (None, True, False, 0, 1, 5, 101, Fraction(1, 2), "", "x", "5m", "1%", "40d", "error_rate", "canary", [], {})


@st.composite
def mutations(draw):
    """Return a kind of file and one of its cases with up to three nodes replaced, removed or doubled."""
    kind, data = draw(st.sampled_from(PARSED))
    for _ in range(draw(st.integers(0, 3))):
        data = mutated(draw, data)
    return kind, data


def mutated(draw, node):
    if isinstance(node, dict) and node and draw(st.integers(0, 4)):
        key = draw(st.sampled_from(sorted(node)))
        return {k: mutated(draw, v) if k == key else v for k, v in node.items()}
    if isinstance(node, list) and node and draw(st.integers(0, 4)):
        at = draw(st.integers(0, len(node) - 1))
        change = draw(st.sampled_from(["inside", "doubled", "gone"]))
        inside = {"inside": [mutated(draw, node[at])], "doubled": [node[at]] * 2, "gone": []}[change]
        return [*node[:at], *inside, *node[at + 1 :]]
    if isinstance(node, dict) and draw(st.booleans()):
        return node | {
            draw(st.sampled_from(["checks", "max", "failures", "metric", "zz"])): draw(st.sampled_from(LEAVES))
        }
    return draw(st.sampled_from(LEAVES))


@given(mutations())
@settings(max_examples=400, deadline=None)
def test_the_quick_yes_is_jsonschemas_yes(case):
    kind, data = case
    assert accepts(compact(kind))(data) == (not any(validator_of(kind).iter_errors(data)))


@pytest.mark.parametrize(("kind", "text"), list(all_cases()))
def test_the_quick_yes_on_every_case(kind, text):
    data = scan("f", text.encode())[0].document.data
    assert accepts(compact(kind))(data) == (not any(validator_of(kind).iter_errors(data)))


@pytest.mark.parametrize("schema", [{"oneOf": [True]}, {"const": 1}, {"properties": {"a": {"format": "date"}}}])
def test_a_schema_that_is_not_understood_accepts_nothing(schema):
    assert not any(accepts(schema)(value) for value in LEAVES)


@pytest.mark.parametrize("kind", KINDS)
def test_our_own_schemas_are_understood(kind):
    assert accepts(compact(kind))(scan("f", json.dumps(SCHEMAS[kind]["examples"][0]).encode())[0].document.data)


def test_inlining_lets_the_keys_beside_a_reference_win():
    schema = {"properties": {"a": {"$ref": "#/$defs/x", "maxLength": 3, "description": "gone"}}}
    definitions = {"x": {"type": "string", "maxLength": 9, "default": "gone"}}
    assert inlined(schema, definitions) == {"properties": {"a": {"type": "string", "maxLength": 3}}}


def test_a_property_may_be_called_like_a_note():
    assert inlined({"properties": {"description": {"type": "string"}}}, {}) == {
        "properties": {"description": {"type": "string"}}
    }


@pytest.mark.parametrize(
    ("data", "valid"),
    [
        pytest.param([], True, id="nothing grows"),
        pytest.param([{"t": 1}], True, id="one item"),
        pytest.param([{"t": 1}, {"t": 2}], True, id="growing"),
        pytest.param([{"t": 1}, {"t": 1}], False, id="equal"),
        pytest.param([{"t": 2}, {"t": 1}], False, id="falling"),
        pytest.param([{"t": Fraction(1, 2)}, {"t": 1}], True, id="exact decimals"),
        pytest.param([{"t": 1}, {"t": Fraction(1, 2)}], False, id="falling decimals"),
        pytest.param([{"t": 1}, {}, {"t": 1}], False, id="equal with a gap between"),
        pytest.param([{"t": 1}, {"t": "0"}, {"t": 2}], True, id="a text is left to type"),
        pytest.param([{"t": 1}, {"t": True}, {"t": 2}], True, id="a boolean is no number"),
        pytest.param([{"t": 1}, {"t": None}], True, id="nothing is no number"),
        pytest.param([{"t": 1}, 0], True, id="an item that is no mapping"),
        pytest.param([3, 2, 1], True, id="plain numbers have no property"),
        pytest.param({"t": [2, 1]}, True, id="no list"),
        pytest.param("ba", True, id="a text"),
        pytest.param(None, True, id="nothing"),
    ],
)
def test_strictly_increasing(data, valid):
    schema = {"strictlyIncreasing": "t"}
    assert accepts(schema)(data) == valid
    assert validator_of("policy").evolve(schema=schema).is_valid(data) == valid


@given(st.lists(st.fractions()))
def test_strictly_increasing_means_sorted_without_repetition(numbers):
    items = [{"t": number} for number in numbers]
    assert (not list(out_of_order("t", items))) == (numbers == sorted(set(numbers)))


CHECKS = st.lists(st.sampled_from(["error_rate", "latency_p99", "latency_p50"]), max_size=3, unique=True)


@given(st.none() | CHECKS, st.lists(st.none() | CHECKS, min_size=1, max_size=3))
def test_schema_and_words_agree_on_missing_checks(shared, own):
    """The schema says with contains that a check is missing, the loader says at which stage."""

    def listed(metrics):
        return [{"metric": m, "max": "1%" if m == "error_rate" else "1s"} for m in metrics]

    policy = {
        "schema": "canary-runner/policy/v1",
        "name": "p",
        "defaults": {"duration": "1m"} | ({} if shared is None else {"checks": listed(shared)}),
        "stages": [
            {"name": f"s{i}", "traffic_percent": i + 1} | ({} if metrics is None else {"checks": listed(metrics)})
            for i, metrics in enumerate(own)
        ],
    }
    text = json.dumps(policy).encode()
    refused = not stock_validator("policy").is_valid(read_document("f", text).data)
    found = {finding.rule for finding in check_bytes("f", text).diagnostics}
    assert found == ({"missing-check"} if refused else set())
