"""Two small decisions: which result goes where, and whether a stream gets colours."""

import io

import pytest

from canary_runner.cli.console import look_of
from canary_runner.cli.formats import Destination, json_asked_for, pair_up


@pytest.mark.parametrize(
    ("said", "places"),
    [
        pytest.param("", [(None, None)], id="nothing: the command's own, to stdout"),
        pytest.param("f:json", [("json", None)], id="a format"),
        pytest.param("o:a", [(None, "a")], id="a file"),
        pytest.param("f:json o:a", [("json", "a")], id="a pair"),
        pytest.param("o:a f:json", [("json", "a")], id="a pair the other way round"),
        pytest.param("f:json o:a f:text", [("json", "a"), ("text", None)], id="a file and stdout"),
        pytest.param("f:text f:json o:a", [("text", None), ("json", "a")], id="stdout and a file"),
        pytest.param("f:json o:a f:text o:b", [("json", "a"), ("text", "b")], id="two files"),
        pytest.param("f:json o:-", [("json", None)], id="a dash is stdout"),
    ],
)
def test_pairs(said, places):
    names = {"f": "format", "o": "output"}
    words = [word.split(":") for word in said.split()]
    assert pair_up((names[kind], value) for kind, value in words) == [Destination(*place) for place in places]


@pytest.mark.parametrize(
    ("line", "asked_for"),
    [
        ("x.yaml", None),
        ("x.yaml --format json", "json"),
        ("x.yaml --format=ndjson --sed", "ndjson"),
        ("x.yaml --format text", None),
        ("x.yaml --format json --output r.json", None),
        ("x.yaml --output=r.txt --format=text --format=json", "json"),
        ("x.yaml --format", None),
        ("-- x.yaml --format json", None),
    ],
)
def test_json_asked_for(line, asked_for):
    assert json_asked_for(line.split()) == asked_for


class Stream(io.StringIO):
    """A text stream that says whether it is a terminal."""

    def __init__(self, is_terminal, encoding="utf-8"):
        super().__init__()
        self._is_terminal = is_terminal
        self._encoding = encoding

    def isatty(self):
        return self._is_terminal

    @property
    def encoding(self):
        return self._encoding


@pytest.mark.parametrize(
    ("flag", "environment", "is_terminal", "has_colour"),
    [
        pytest.param("auto", {}, True, True, id="a terminal"),
        pytest.param("auto", {}, False, False, id="a pipe"),
        pytest.param("auto", {"TERM": "dumb"}, True, False, id="a dumb terminal"),
        pytest.param("auto", {"NO_COLOR": "1"}, True, False, id="NO_COLOR"),
        pytest.param("auto", {"NO_COLOR": ""}, True, True, id="an empty NO_COLOR is none"),
        pytest.param("auto", {"FORCE_COLOR": "1"}, False, True, id="FORCE_COLOR"),
        pytest.param("auto", {"CLICOLOR_FORCE": "1"}, False, True, id="CLICOLOR_FORCE"),
        pytest.param("auto", {"CLICOLOR_FORCE": "0"}, False, False, id="CLICOLOR_FORCE=0"),
        pytest.param("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False, id="NO_COLOR wins over FORCE_COLOR"),
        pytest.param("auto", {"TERM": "dumb", "FORCE_COLOR": "1"}, True, True, id="FORCE_COLOR wins over TERM"),
        pytest.param("always", {"NO_COLOR": "1"}, False, True, id="the flag wins over NO_COLOR"),
        pytest.param("never", {"FORCE_COLOR": "1"}, True, False, id="the flag wins over FORCE_COLOR"),
    ],
)
def test_colour(monkeypatch, flag, environment, is_terminal, has_colour):
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert look_of(Stream(is_terminal), flag).colour is has_colour


@pytest.mark.parametrize(
    ("encoding", "has_symbols"), [("utf-8", True), ("ascii", False), ("latin-1", False), ("no-such", False)]
)
def test_symbols(encoding, has_symbols):
    assert look_of(Stream(True, encoding)).symbols is has_symbols


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("schema", "error: missing argument 'KIND'. there are policy, service, test, "),
        ("schema polcy", 'error: invalid value for \'KIND\': "polcy" is unknown; did you mean "policy"?\n'),
        ("schema Policy", 'did you mean "policy"?'),
        ("schema zzz", "there are policy, service, test, scenarios, bindings, run-result, run-event"),
        ("completion", "error: missing argument 'SHELL'. there are bash, zsh, fish\n"),
        ("completion bsh", 'did you mean "bash"?'),
        ("study x --format tabel", "error: invalid value for '--format': \"tabel\" is unknown; did you mean"),
        ("study x --method extact", 'did you mean "exact"?'),
        ("compare x --against rolling-update", 'did you mean "rolling"?'),
        ("lint x --fail-on warnings", 'did you mean "warning"?'),
        ("x.yaml --color \x1b[31m", "there are auto, always, never"),
    ],
)
def test_a_word_that_is_none_is_told_the_nearest_once(call, line, says):
    called = call(*line.split())
    assert (called.status, called.stdout) == (2, "")
    assert says in called.stderr
    assert called.stderr.count("run-event") <= 1
    assert "\x1b" not in called.stderr
