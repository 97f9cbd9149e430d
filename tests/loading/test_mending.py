"""Misspellings put right: what is clear and nothing else, every other byte kept, and twice is once."""

import random
import re
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_runner.loading import check_bytes
from canary_runner.loading.mending import mended
from canary_runner.loading.quantities import QUANTITIES, QuantityError
from canary_runner.loading.spelling import key_respelt, quantity_respelt
from canary_runner.loading.words import nearest
from canary_runner.model.diagnostics import Severity
from tests.builders import POLICIES

TEXT = (POLICIES / "standard.yaml").read_text(encoding="utf-8")
SERVICE = (POLICIES / "checkout.service.yaml").read_text(encoding="utf-8")
TESTS = (POLICIES / "standard.test.yaml").read_text(encoding="utf-8")
MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("text", "respelt"),
    [
        ("5min", "5m"), ("5 m", "5m"), ("5 Minutes", "5m"), ("1h 30min", "1h30m"), ("1 hour 30 minutes", "1h30m"),
        ("90 secs", "90s"), ("2 days", "2d"), ("3H", "3h"), ("1 %", "1%"), (".5%", "0.5%"), ("1 percent", "1%"),
        ("0.5 pp", "0.5pp"), ("+0.5 PP", "+0.5pp"), ("1.2 X", "1.2x"), ("500 ms", "500ms"), ("1.5 sec", "1.5s"),
        ("+ 50 ms", "+50ms"), ("120 rps", "120rps"), ("120qps", "120rps"), ("120/sec", "120/s"),
    ],
)  # fmt: skip
def test_units_are_respelt(text, respelt):
    assert quantity_respelt(text) == respelt


@pytest.mark.parametrize(
    "text",
    ["5m", "5", "0.01", "5M", "5 M", "1:30", "PT5M", "5 mo", "5 x 3", "m", "", "5m\n", "\u0665m", "5 5m", "-5 min",
     "1e3 s", "120/h", "1,5 s", "5  min" * 20, "5m or 6m"],
)  # fmt: skip
def test_what_is_right_or_unclear_stays(text):
    assert quantity_respelt(text) is None


@pytest.mark.parametrize("title", list(QUANTITIES))
@pytest.mark.parametrize(
    "text", ["5 min", "5 M", "1 %", "0.01", "500 MS", "1.2 X", "0.5 PP", "120 RPS", "0 min", "99 d"]
)
def test_the_help_names_what_mends(title, text):
    quantity = QUANTITIES[title]
    with pytest.raises(QuantityError) as refused:
        quantity.parse(text)
    mend = refused.value.mend
    if mend:
        assert refused.value.help == f"write {mend}"
        quantity.parse(mend)


KNOWN = ("schema", "name", "defaults", "stages", "traffic_percent", "duration", "check_every", "checks", "max")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("defualts", "defaults"), ("default", "defaults"), ("trafic_percent", "traffic_percent"),
        ("traffic-percent", "traffic_percent"), ("trafficPercent", "traffic_percent"), ("Name", "name"),
        ("duratiom", "duration"), ("sttages", "stages"),
    ],
)  # fmt: skip
def test_keys_are_respelt(word, meant):
    assert key_respelt(word, KNOWN) == nearest(word, KNOWN) == meant


@pytest.mark.parametrize("word", ["mix", "nam", "min", "stage_names", "traffic", "dfualt", "", "x" * 10_000])
def test_keys_that_may_be_others_stay(word):
    assert key_respelt(word, KNOWN) is None


def test_a_key_between_two_stays():
    assert key_respelt("latence", ["latency", "latencd"]) is None


@given(st.sampled_from([one for one in KNOWN if len(one) > 4]), st.randoms(use_true_random=False))
def test_every_slip_in_a_key_is_found(word, dice):
    at = dice.randrange(len(word) - 1)
    letter = dice.choice(string.ascii_lowercase)
    slips = [word[:at] + word[at + 1 :], word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :],
             word[:at] + word[at + 1] + word[at] + word[at + 2 :]]  # fmt: skip
    for slip in slips:
        assert slip in KNOWN or key_respelt(slip, KNOWN) == word


# Files.

SLIPS = {
    "duration: 10m": "duration: 10 min",
    "check_every: 2m": "check_every:   '2 Minutes'",
    "max: 1%": "max: 1 %",
    "max_over_baseline: 0.5pp": "max_over_baseline: 0.5 pp",
    "stages:": "stagse:",
    "traffic_percent: 25": "trafficPercent: 25",
    "consecutive_failures:": '"consecutive-failures":',
    "on_inconclusive:": "on_inconclusiv:",
    "defaults:": "defualts:",
}
CASES = sorted(old for old in SLIPS if old in TEXT)


def broken(slips):
    text = TEXT
    for old in slips:
        text = text.replace(old, SLIPS[old], 1)
    return text


def test_the_slips_are_in_the_policy():
    assert len(CASES) >= 6


@settings(deadline=None)
@given(st.sets(st.sampled_from(CASES), min_size=1), st.booleans(), st.booleans(), st.data())
def test_mended_is_valid_and_all_else_stays(slips, has_mark, is_crlf, data):
    """Comments with misspellings in them, line ends, the byte order mark: as they were."""
    text = broken(slips)
    comment = data.draw(st.sampled_from(["", "  # 5 min defualts \U0001f600", "\t# 1 %"]))
    lines = [line if "#" in line or not line else f"{line}{comment}" for line in text.split("\n")]
    ends = "\r\n" if is_crlf else "\n"
    raw = (MARK if has_mark else b"") + ends.join(lines).encode()
    found = mended("f", raw)
    assert check_bytes("f", found.data).is_valid
    assert check_bytes("f", found.data).document.data == check_bytes("f", TEXT.encode()).document.data
    assert mended("f", found.data).edits == ()
    assert len(found.edits) == len(slips)
    assert undone(found) == raw


def undone(found):
    """Return the result with each edit taken back: what then differs from the original was changed without a word."""
    mark = MARK if found.data.startswith(MARK) else b""
    lines = re.split("(\r\n|\n)", found.data.removeprefix(mark).decode())
    for edit in found.edits:
        line = lines[2 * edit.line - 2]
        assert line.count(edit.new) >= 1
        at = line.index(edit.new, max(edit.column - 20, 0))
        lines[2 * edit.line - 2] = line[:at] + edit.old + line[at + len(edit.new) :]
    return mark + "".join(lines).encode()


@settings(deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from([TEXT, SERVICE, TESTS]), st.integers(1, 6))
def test_no_text_is_made_worse(dice: random.Random, text, strokes):
    """Of a file with any letters changed, errors get fewer or not a byte changes; twice is once."""
    letters = list(text)
    for _ in range(strokes):
        at = dice.randrange(len(letters))
        letters[at] = dice.choice([*string.ascii_letters, *string.digits, " ", "", "\n", ":", '"', "%", "&a ", "*a "])
    raw = "".join(letters).encode()
    found = mended("f", raw)
    before, after = (
        sum(one.severity is Severity.ERROR for one in check_bytes("f", data).diagnostics) for data in (raw, found.data)
    )
    assert (after < before) if found.edits else (found.data == raw)
    assert mended("f", found.data).data == found.data
    if before == 0:
        assert found.data == raw


@pytest.mark.parametrize("path", sorted(POLICIES.glob("*.yaml")), ids=lambda path: path.name)
def test_a_valid_file_is_never_touched(path: Path):
    raw = path.read_bytes()
    assert mended(path.name, raw).data == raw


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("max: 1%", "max: 0.01", id="a number without a unit"),
        pytest.param("duration: 10m", "duration: 10M", id="a unit that could be months"),
        pytest.param("duration: 10m", 'duration: "10\\x20min"', id="an escape"),
        pytest.param("duration: 10m", "duration: >-\n    10 min", id="a block"),
        pytest.param("duration: 10m", "duration: &it 10 min", id="an anchor"),
        pytest.param("stages:", "stags_of_it:", id="a key with two slips"),
        pytest.param("defaults:", "defualts: {}\ndefautls:", id="two keys that would be one"),
        pytest.param("duration: 10m", "duration: 10\n    min", id="a text of two lines"),
        pytest.param("max: 1%", "maximum: 1%", id="a key with more than a slip"),
        pytest.param(
            "max_over_baseline: 0.5pp", "max_over_baselin: 1pp\n      max_over_baselne: 2pp", id="two slips of one key"
        ),
        pytest.param("max: 1%", "max: 1 %\n        \x01", id="a text that cannot be read"),
    ],
)
def test_what_stays(old, new):
    assert old in TEXT
    raw = TEXT.replace(old, new, 1).encode()
    assert mended("f", raw).data == raw


def test_nothing_is_written_that_is_not_better():
    """The right key would show an error that its misspelling hid."""
    raw = TEXT.replace("description: Default for HTTP services.", "descripton: [a]", 1)
    (only,) = check_bytes("f", raw.encode()).diagnostics
    assert only.mend == "description"
    assert mended("f", raw.encode()).data == raw.encode()
