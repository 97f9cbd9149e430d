"""Manifests are read as their own tools read them, within our limits, and everything in them has its place."""

import json
from fractions import Fraction

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_runner.loading.detection import is_manifest
from canary_runner.loading.manifests import read_manifests
from canary_runner.loading.scalars import MAX_EXPONENT, MAX_NUMBER

WORDS = st.sampled_from(["yes", "No", "on", "OFF", "true", "y", "a", "", "null", "1", "0.5", "-3", "x: y", "#", "é"])
LEAVES = (
    st.none() | st.booleans() | st.integers(-1000, 1000) | WORDS | st.text(st.characters(codec="ascii"), max_size=5)
)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
OBJECTS = st.lists(st.dictionaries(st.sampled_from(["kind", "a", "b"]), TREES, min_size=1, max_size=3), max_size=4)


def plain(value):
    """Return data as PyYAML has them: our decimals are exact."""
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


@settings(max_examples=300, derandomize=True)
@given(OBJECTS, st.booleans())
def test_what_pyyaml_writes_is_read_as_it_was(objects, flow):
    text = yaml.safe_dump_all(objects, default_flow_style=flow, allow_unicode=True)
    report = read_manifests("f", text.encode())
    printable = all(c.isprintable() or c in "\n\t\r" for c in json.dumps(objects, ensure_ascii=False))
    if objects and printable and not any(str(one.get("kind", "")).endswith("List") for one in objects):
        assert [f.rule for f in report.diagnostics if f.rule != "control-character"] == []
    if not report.diagnostics and objects:
        assert plain(report.document.data) == objects


@settings(max_examples=100, derandomize=True)
@given(OBJECTS)
def test_json_is_read(objects):
    for one in objects:
        report = read_manifests("f", json.dumps(one).encode())
        if not report.diagnostics:
            assert plain(report.document.data) == [one]


LISTED = """\
apiVersion: v1
kind: List
items:
- kind: A
  spec: {weight: 10}
- kind: B
  spec: &spec
    on: no
    port: 010
---
---
kind: C
spec:
  <<: *missing
"""


def test_the_items_of_a_list_are_objects_with_their_own_places():
    document = read_manifests("f", LISTED.replace("<<: *missing", "x: 1").encode()).document
    assert [one["kind"] for one in document.data] == ["A", "B", "C"]
    assert document.span((0, "spec", "weight")).line == 5
    assert document.span((1, "spec", "on")).line == 8
    assert document.span((2, "spec", "x")).line == 14
    assert document.data[1]["spec"] == {"on": False, "port": 8}


def test_an_anchor_does_not_outlive_its_document():
    report = read_manifests("f", LISTED.replace("missing", "spec").encode())
    assert [finding.message for finding in report.diagnostics] == ["the alias *spec has no anchor"]


MERGED = """\
base: &base {a: 1, b: {deep: 2}}
more: &more {a: 5, c: 6}
one:
  <<: *base
  a: 3
two:
  <<: [*base, *more]
  d: 4
"""


def test_merged_keys_have_values_and_places():
    document = read_manifests("f", MERGED.encode()).document
    (found,) = document.data
    assert found["one"] == {"a": 3, "b": {"deep": 2}}
    assert found["two"] == {"a": 1, "b": {"deep": 2}, "c": 6, "d": 4}
    assert document.span((0, "one", "a")).line == 5
    assert document.span((0, "one", "b", "deep")).line == 1
    assert document.span((0, "two", "c")).line == 2


def test_places_lead_through_tags_and_out_of_aliases():
    text = "a: &a !Sub\n- x\n- {v: 1}\nb: *a\nc: !If [q, {w: !Ref z}]\n"
    document = read_manifests("f", text.encode()).document
    assert document.data == [
        {"a": (sub := {"Fn::Sub": ["x", {"v": 1}]}), "b": sub, "c": {"Fn::If": ["q", {"w": {"Ref": "z"}}]}}
    ]
    assert document.span((0, "a", "Fn::Sub", 1, "v")).line == 3
    assert document.span((0, "c", "Fn::If", 1, "w")).line == 5
    assert set(document.values) >= {(), (0, "a"), (0, "b")}


def test_a_quoted_merge_key_is_a_key():
    (found,) = read_manifests("f", b'kind: X\na: {"<<": {b: 1}}\n').document.data
    assert found["a"] == {"<<": {"b": 1}}


@settings(max_examples=500, derandomize=True)
@given(st.from_regex(r"[-+]?(0[xbo]?)?[0-9a-f_]{1,6}(\.[0-9]{0,3})?(e[-+]?[0-9]{1,2})?", fullmatch=True))
def test_plain_numbers_are_read_as_pyyaml_reads_them(text):
    """But for YAML 1.2's numbers (`0o7`, `1e3`), which the tools of Kubernetes read too."""
    try:
        expected = yaml.safe_load(text)
    except ValueError:  # PyYAML takes `0x_` for a number and falls over it; to others it is a text
        expected = text
    (found,) = read_manifests("f", f"a: {text}".encode()).document.data
    if type(expected) is str and type(found["a"]) is not str:
        assert plain(found["a"]) == (int(text, 8) if "o" in text else float(text.replace("_", "")))
    elif type(found["a"]) is not str:
        assert plain(found["a"]) == pytest.approx(expected)
    else:
        assert type(expected) is str or abs(expected) > MAX_NUMBER or abs(int(text.partition("e")[2])) > MAX_EXPONENT


MAPPINGS = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 9), max_size=4)


@settings(max_examples=200, derandomize=True)
@given(st.lists(MAPPINGS, min_size=1, max_size=4), st.lists(st.integers(0, 3), max_size=3), MAPPINGS)
def test_merge_keys_are_read_as_pyyaml_reads_them(sources, merged, own):
    lines = [f"s{index}: &s{index} {json.dumps(one)}" for index, one in enumerate(sources)]
    names = ", ".join(f"*s{index}" for index in merged if index < len(sources))
    lines += ["all:", f"  <<: [{names}]", *(f"  {key}: {value}" for key, value in own.items())]
    report = read_manifests("f", "\n".join(lines).encode())
    assert report.diagnostics == ()
    assert report.document.data == [yaml.safe_load("\n".join(lines))]
    for key in report.document.data[0]["all"]:
        line = report.document.span((0, "all", key)).line
        assert f'{key}": ' in lines[line - 1] or lines[line - 1].startswith(f"  {key}: ")


def test_short_tags_are_what_they_stand_for():
    text = "a: !Ref X\nb: !GetAtt Y.Arn\nc: !Sub ['x', {v: !Ref Z}]\nd: !Condition Q\ne: !!str 5\nf: !!int '5'\n"
    (found,) = read_manifests("f", text.encode()).document.data
    assert found == {
        "a": {"Ref": "X"},
        "b": {"Fn::GetAtt": "Y.Arn"},
        "c": {"Fn::Sub": ["x", {"v": {"Ref": "Z"}}]},
        "d": {"Condition": "Q"},
        "e": "5",
        "f": 5,
    }


BOMB = "a: &a {x: 1}\n" + "".join(
    f"{c}: &{c} {{l: [{', '.join(['*' + p] * 9)}]}}\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGE_BOMB = "a: &a {k0: 1, k1: 1}\n" + "".join(
    f"{c}: &{c} {{<<: [{', '.join(['*' + p] * 9)}], n{c}: 1}}\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("[" * 100_000, "too-deep"),
        ("kind: X\n" * 2, "duplicate-key"),
        ("kind: X\na: \x01", "control-character"),
        (BOMB, "too-large"),
        (MERGE_BOMB, "too-large"),
        ("a: &a [*a]", "yaml-cycle"),
        ("a: 'b", "yaml-syntax"),
        ("", "empty-file"),
        ("---\n---\n", "empty-file"),
        ("x" * (1 << 20) + "y", "too-large"),
        ("- 1\n" * 60_000, "too-large"),
        ("a: &a {k: 1}\n" + "b:\n" * 1 + "- {<<: *a}\n" * 6_000, "too-large"),
        ("a: &a !x\n- 1\nb: " + "[" * 29 + "*a" + "]" * 29, "too-deep"),
    ],
    ids=lambda value: value if len(str(value)) < 30 else "long",
)
def test_hostile_input_is_one_bounded_finding(text, rule):
    report = read_manifests("f", text.encode())
    assert {finding.rule for finding in report.diagnostics} == {rule}
    assert all(len(finding.message) < 300 for finding in report.diagnostics)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("apiVersion: argoproj.io/v1alpha1\nkind: Rollout\n", True),
        ("# a comment\n---\nkind: X\napiVersion: v1\n", True),
        ('{"apiVersion": "v1", "kind": "List", "items": []}', True),
        ("AWSTemplateFormatVersion: '2010-09-09'\nResources: {}\n", True),
        ("Transform: AWS::Serverless-2016-10-31\n", True),
        ("a: {{ .Values.x }}", True),
        ("schema: canary-runner/policy/v1\nname: x\n", False),
        ("name: x\nstages: []\n", False),
        ('{"schema": "canary-runner/policy/v1", "apiVersion": "v1"}', False),
        ("", False),
        ("apiVersion: v1\nkind: ConfigMap\ndata:\n  p: |\n    schema: canary-runner/policy/v1\n", True),
        ('{\n  "name": "x",\n  "schema": "canary-runner/policy/v1",\n  "Resources": 1}', False),
        ('{"kind": "Rollout", "apiVersion": "v1"}', True),
        ("{kind: Rollout, apiVersion: v1}", True),
        ("{name: x, schema: canary-runner/policy/v1}", False),
        ('[{"kind": "Rollout",\n "apiVersion": "v1"}]', True),
        ("\n" * (1 << 20), False),
        ("{" + " " * (1 << 20), False),
        ("{{" * (1 << 19), False),
        ("{," * (1 << 19), False),
        ("- " * (1 << 19), False),
        ('resource "aws_lambda_alias" "live" {\n  name = "live"\n}\n', True),
    ],
    ids=lambda value: value if len(str(value)) < 60 else f"long {str(value)[:4]!r}",
)
def test_a_manifest_says_that_it_is_one(text, expected):
    assert is_manifest(text.encode()) is expected


def test_arguments_of_argo_are_no_helm_template():
    report = read_manifests("f", b'kind: X\nq: "{{args.service}} {{ args.x }} {{inputs.parameters.y}}"\n')
    assert report.diagnostics == ()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('annotations: {summary: "{{ $labels.pod }} at {{ .Name }}"}', id="an alert"),
        pytest.param("data:\n  c: |\n    output {\n    }\n    {{ range .Alerts }}", id="another program's file"),
    ],
)
def test_a_rendered_manifest_may_hold_templates_of_others(text):
    report = read_manifests("f", f"apiVersion: v1\nkind: X\n{text}\n".encode())
    assert report.diagnostics == ()
