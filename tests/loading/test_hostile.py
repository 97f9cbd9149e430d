"""Whatever the bytes are: findings, in bounded words, quickly; never another exception."""

import random
import time
import unicodedata
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canary_runner.loading import check_bytes
from canary_runner.loading.compose import compose
from canary_runner.loading.policy_file import policy_from
from canary_runner.loading.scenario_file import scenarios_from
from canary_runner.loading.schema import validator_of
from canary_runner.loading.service_file import service_from
from canary_runner.model.diagnostics import FileReport

CASES = Path(__file__).parent / "cases"
BASE = (CASES / "policy.base").read_bytes()
KINDS = [b"policy", b"service", b"test", b"scenarios"]


WORDS = """schema name description defaults stages traffic_percent then duration check_every window checks metric max
min_canary_requests rollback_after consecutive_failures total_failures failures of_last on_inconclusive unchecked
max_over_baseline confidence traffic rate baseline error_rate latency p50 p99 burstiness source scenarios canary both
metrics starting_after tests policies services scenario set expect at_most"""


def laughs(levels: int, width: int) -> bytes:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines).encode()


HOSTILE = {
    "billion laughs": (laughs(10, 10), "too-large"),
    "deep laughs": (laughs(40, 1), "too-deep"),
    "merge bomb": (
        b"a0: &a0 {x: 1}\n" + b"".join(b"a%d: &a%d {<<: [*a%d, *a%d]}\n" % (n, n, n - 1, n - 1) for n in range(1, 25)),
        "merge-key",
    ),
    "a thousand brackets": (b"[" * 1_000, "too-deep"),
    "a hundred thousand brackets": (b"[" * 100_000, "too-deep"),
    "a hundred thousand mappings": (b"{a: " * 100_000, "too-deep"),
    "a hundred thousand dashes": (b"- " * 100_000, "too-deep"),
    "a hundred thousand question marks": (b"? " * 100_000, "too-deep"),
    "a hundred thousand stages": (b"schema: canary-runner/policy/v1\nstages:\n" + b"- a\n" * 100_000, "too-large"),
    "more than a mebibyte": (b"a: " + b"x" * 2**20, "too-large"),
    "a long scalar": (b"a: " + b"x" * 1_000_000, "too-large"),
    "a long key": (b"? " + b"x" * 1_000_000 + b"\n: 1", "too-large"),
    "a long integer": (b"a: " + b"9" * 5_000, "number-too-large"),
    "a long hexadecimal": (b"a: 0x" + b"f" * 9_000, "ambiguous-number"),
    "a cycle": (b"a: &a [*a]", "yaml-cycle"),
    "a cycle through a mapping": (b"a: &a {b: {c: *a}}", "yaml-cycle"),
    "NUL": (b"a: \x00", "control-character"),
    "escape": (b"a: \x1b[31m", "control-character"),
    "escape in quotes": (b'a: "\\e[31m"', "control-character"),
    "a C1 control": ("a: \x9b31m".encode(), "control-character"),
    "a line separator in a comment": ("# quiet\u2028a: 1".encode(), "control-character"),
    "a next line in a comment": ("# quiet\u0085a: 1".encode(), "control-character"),
    "a non-character": ("a: \ufffe".encode(), "control-character"),
    "Latin-1": (b"a: caf\xe9", "text-encoding"),
    "a surrogate in UTF-8": (b"a: \xed\xa0\x80", "text-encoding"),
    "UTF-16 with a mark": ("a: 1".encode("utf-16"), "text-encoding"),
    "UTF-16 without a mark": ("a: 1".encode("utf-16-le"), "text-encoding"),
    "UTF-32": ("a: 1".encode("utf-32-be"), "text-encoding"),
    "many duplicate keys": (b"a: 1\n" * 5_000, "too-many-findings"),
    "many unknown keys": (
        b"schema: canary-runner/policy/v1\n" + b"".join(b"k%d: 1\n" % n for n in range(20_000)),
        "too-many-findings",
    ),
    "many bad numbers": (b"".join(b"- 0%d\n" % n for n in range(10, 20_000)), "too-many-findings"),
    "many stages with many unknown keys": (
        b"schema: canary-runner/policy/v1\nstages:\n"
        + (b"- {" + b", ".join(b"k%d: 1" % n for n in range(30)) + b"}\n") * 700,
        "too-many-findings",
    ),
    "many tests of many unknown scenarios": (
        b"schema: canary-runner/test/v1\nscenarios:\n"
        + b"".join(b"  a%d: {}\n" % n for n in range(5_000))
        + b"tests:\n"
        + b"".join(b"- {scenario: b%d}\n" % n for n in range(5_000)),
        "too-many-findings",
    ),
    "rhythms that do not fit": (
        b"schema: canary-runner/policy/v1\nstages:\n"
        + b"".join(
            b"- {name: s%d, traffic_percent: %d, duration: 2591999s, check_every: 7s}\n" % (n, n) for n in range(1, 100)
        ),
        "uneven-duration",
    ),
    "a wide alias in a wrong place": (
        b"x: &x " + b"[" + b"y, " * 3_000 + b"]\nschema: canary-runner/policy/v1\nname: *x\nstages: {a: *x}\n",
        "wrong-type",
    ),
}


def is_harmless(text: str) -> bool:
    """Tell whether a terminal and a reader see what is there: no controls, no breaks, no changes of direction."""
    marks = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    return not any(c in marks or unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text)


def assert_readable(report: FileReport) -> None:
    kind = report.document.data["schema"].split("/")[1]
    readers = {"policy": policy_from, "service": service_from, "test": scenarios_from, "scenarios": scenarios_from}
    readers[kind](report.document)
    assert validator_of(kind).is_valid(report.document.data)


def assert_bounded(report: FileReport) -> None:
    """Check the words of every finding; and what has none must become a value."""
    if not report.diagnostics:
        assert_readable(report)
    assert len(report.diagnostics) <= 102
    for finding in report.diagnostics:
        span = report.document.span(finding.at, finding.on_key)
        assert 1 <= span.line <= len(report.document.lines)
        for text in (finding.message, finding.help, *(related.message for related in finding.related)):
            assert is_harmless(text)
            assert len(text) <= 320


@pytest.mark.parametrize(("data", "rule"), [pytest.param(*value, id=name) for name, value in HOSTILE.items()])
def test_hostile_input_is_refused_quickly(data, rule):
    before = time.perf_counter()
    report = check_bytes("f", data)
    for finding in report.diagnostics:
        report.document.span(finding.at, finding.on_key)
    assert time.perf_counter() - before < 5
    assert rule in {finding.rule for finding in report.diagnostics}
    assert_bounded(report)


@given(st.binary(max_size=300))
def test_any_bytes(data):
    assert_bounded(check_bytes("f", data))


@given(st.sampled_from(KINDS), st.text(max_size=200))
def test_any_text_behind_a_schema(kind, text):
    data = b"schema: canary-runner/" + kind + b"/v1\n" + text.encode("utf-8", "surrogatepass")
    assert_bounded(check_bytes("f", data))


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
LEAVES |= st.sampled_from(["1%", "0.5pp", "1.2x", "500ms", "10m", "error_rate", "latency_p99", "rollout", "canary"])
KEYS = st.text(max_size=8) | st.sampled_from(WORDS.split())
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(KINDS), st.dictionaries(KEYS, TREES, max_size=6))
def test_any_document_of_our_words(kind, tree):
    tree["schema"] = f"canary-runner/{kind.decode()}/v1"
    assert_bounded(check_bytes("f", yaml.safe_dump(tree, allow_unicode=True).encode("utf-8", "surrogatepass")))


@given(st.integers(0, 2**32), st.integers(1, 6))
def test_any_mutation_of_a_good_policy(seed, count):
    rng = random.Random(seed)
    data = bytearray(BASE)
    for _ in range(count):
        at = rng.randrange(len(data))
        piece = rng.choice(
            [b"", b" ", b"\n", b":", b"- ", b"0", b"%", b"x", b"[", b"}", b"'", b'"', b"&a ", b"*a", b"\t", b"~"]
        )
        data[at : at + rng.randrange(4)] = piece
    assert_bounded(check_bytes("f", bytes(data)))


@given(st.integers(0, 2**32))
def test_any_value_in_the_place_of_another(seed):
    rng = random.Random(seed)
    tree = yaml.safe_load(BASE)
    others = [None, True, -1, 0, 10**20, 0.5, "", "x", [], {}, [[]], {"a": 1}, "0s", "1%", "31d", "0x", tree["stages"]]
    node = tree
    while True:
        step = rng.choice(list(node) if isinstance(node, dict) else range(len(node)))
        if not isinstance(node[step], dict | list) or not node[step] or rng.random() < 0.3:
            node[step] = rng.choice(others)
            break
        node = node[step]
    assert_bounded(check_bytes("f", yaml.safe_dump(tree).encode()))


@settings(max_examples=300)
@given(st.integers(0, 2**32), st.sampled_from(["policy", "service", "test"]), st.integers(1, 3))
def test_any_leaf_of_a_good_file_taken_away_or_moved(seed, kind, count):
    rng = random.Random(seed)
    tree = yaml.safe_load((CASES / f"{kind}.base").read_bytes())
    for _ in range(count):
        node = tree
        while True:
            steps = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not steps:
                break
            step = rng.choice(steps)
            child = node[step]
            if not isinstance(child, dict | list) or rng.random() < 0.2:
                del node[step]
                if rng.random() < 0.3 and isinstance(node, dict):
                    node[rng.choice(WORDS.split())] = child
                break
            node = child
    assert_bounded(check_bytes("f", yaml.safe_dump(tree, sort_keys=False).encode()))


def test_without_the_c_parser_the_answer_is_the_same(monkeypatch):
    texts = [
        BASE.decode(),
        "a: [1, 2\n",
        "a:\n\tb: 1\n",
        "a: &x {b: [1, *y]}\n",
        "a: 'b",
        "? [a]\n: 1\n",
        "a: *b",
        "[" * 500,
    ]
    fast = [compose(text) for text in texts]
    monkeypatch.delattr(yaml, "CSafeLoader")
    slow = [compose(text) for text in texts]
    for with_c, without in zip(fast, slow, strict=True):
        assert with_c.data == without.data
        assert [f.rule for f in with_c.findings] == [f.rule for f in without.findings]
