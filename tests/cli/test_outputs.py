"""Where results may go: what somebody has open is not replaced, no input is written over, and that is said early."""

import json
import os
import tempfile
from pathlib import Path

import pytest

from canary_runner import api
from canary_runner.cli import targets
from tests.cli.conftest import POLICY, ROOT

SERVICE = ROOT / "policies" / "checkout.service.yaml"


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("--output /dev/stdout >>log", id="stdout by its name"),
        pytest.param("--output /proc/self/fd/1 >>log", id="stdout by its number"),
        pytest.param("--output log >>log", id="the file that stdout leads to"),
        pytest.param("--output ./link >>log", id="a link to stdout"),
        pytest.param("--output /dev/stderr 2>>log", id="stderr by its name"),
        pytest.param("--output log 2>>log", id="the file that stderr leads to"),
        pytest.param("--output /dev/fd/7 7>>log", id="another descriptor"),
    ],
)
def test_what_somebody_has_open_is_only_added_to(shell, tmp_path, line):
    (tmp_path / "log").write_text("old\n")
    (tmp_path / "link").symlink_to("/dev/stdout")
    assert shell(f"$RUN $POLICY {line}").status == 0
    first, rest = (tmp_path / "log").read_text().split("\n", 1)
    assert first == "old"
    assert json.loads(rest)["final_state"] == "COMPLETED"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "log"]


@pytest.mark.parametrize(
    ("line", "status", "arrives"),
    [
        ("{ $RUN $POLICY --output /dev/stdout; echo $? >status; } | cat", 0, True),
        ("{ $RUN $POLICY --output /dev/fd/7 7>&1; echo $? >status; } | cat", 0, True),
        ("$RUN $POLICY --output /dev/null; echo $? >status", 0, False),
        ("$RUN $POLICY --output /dev/null >&-; echo $? >status", 0, False),
        ("$RUN $POLICY --output /dev/full; echo $? >status", 4, False),
        ("$RUN $POLICY --output /dev/fd/9; echo $? >status", 4, False),
    ],
)
def test_pipes_devices_and_closed_descriptors(shell, tmp_path, line, status, arrives):
    called = shell(line)
    assert (tmp_path / "status").read_text() == f"{status}\n"
    assert ("final_state" in called.stdout) is arrives
    assert called.stderr.startswith("error: cannot write") == (status == 4)
    assert [path.name for path in tmp_path.iterdir()] == ["status"]


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="there is no /dev/shm")
@pytest.mark.parametrize(
    ("name", "kept"), [("r.json", ""), ("link", "old\n")], ids=["a file like any other", "a link, to whatever it is"]
)
def test_in_a_folder_in_dev(call, tmp_path, name, kept):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        real = tmp_path / "real.json" if name == "link" else Path(folder, name)
        real.write_text("old\n")
        if name == "link":
            Path(folder, name).symlink_to(real)
        assert call(POLICY, "--output", Path(folder, name)).status == 0
        assert real.read_text().startswith(kept + "{")
        assert json.loads(real.read_text().removeprefix(kept))["final_state"] == "COMPLETED"


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Go to a folder with files of every kind, in which nothing may be read: what is refused is refused before."""
    monkeypatch.chdir(tmp_path)
    for name, source in {"p.yaml": POLICY, "s.yaml": SERVICE}.items():
        (tmp_path / name).write_bytes(Path(source).read_bytes())
    (tmp_path / "more.yaml").write_text("schema: canary-runner/scenarios/v1\nscenarios: {}\n")
    (tmp_path / "link.yaml").symlink_to("p.yaml")
    (tmp_path / "hard.yaml").hardlink_to("p.yaml")
    (tmp_path / "folder").mkdir()
    (tmp_path / "old.json").write_text("old")
    (tmp_path / "dangling").symlink_to("new.json")
    (tmp_path / "astray").symlink_to("missing/new.json")

    def read(*_):
        raise AssertionError("read too early")

    monkeypatch.setattr(api, "load_policies", read)
    monkeypatch.setattr(api, "validate", read)
    return tmp_path


def snapshot(folder):
    return {path.name: path.is_symlink() or path.is_dir() or path.read_bytes() for path in folder.iterdir()}


REFUSED = [
    pytest.param("p.yaml --output p.yaml", 2, '--output "p.yaml" is the same file as the input "p.yaml"', id="policy"),
    pytest.param("p.yaml --output ./folder/../p.yaml", 2, 'the input "p.yaml"', id="another spelling"),
    pytest.param("p.yaml --output link.yaml", 2, 'the input "p.yaml"', id="a link"),
    pytest.param("link.yaml --output p.yaml", 2, 'the input "link.yaml"', id="a link as the input"),
    pytest.param("p.yaml --output hard.yaml", 2, 'the input "p.yaml"', id="a second name"),
    pytest.param("p.yaml --service s.yaml --output s.yaml", 2, 'the input "s.yaml"', id="service"),
    pytest.param("p.yaml --scenarios more.yaml --output more.yaml", 2, 'the input "more.yaml"', id="scenarios"),
    pytest.param("p.yaml --format text --format json --output p.yaml", 2, "the input", id="one of two results"),
    pytest.param("validate p.yaml s.yaml --output s.yaml", 2, 'the input "s.yaml"', id="validate"),
    pytest.param("validate . --output more.yaml", 2, 'the input "more.yaml"', id="validate a folder"),
    pytest.param("p.yaml --format json --output a --format text --output a", 2, 'two results for "a"', id="twice"),
    pytest.param("p.yaml --format json --output a --format text --output ./a", 2, "two results", id="two spellings"),
    pytest.param(
        "p.yaml --format json --output dangling --format text --output new.json", 2, "two results", id="a link and it"
    ),
    pytest.param("p.yaml --format text --format text --output -", 2, "two results for standard output", id="stdout"),
    pytest.param("- --service -", 2, "standard input can be read once", id="stdin twice"),
    pytest.param("p.yaml --scenarios - --scenarios -", 2, "standard input can be read once", id="scenarios twice"),
    pytest.param("p.yaml --output ''", 2, '"" is not a file name', id="no name"),
    pytest.param("p.yaml --output missing/x", 4, 'there is no folder "missing"', id="no folder"),
    pytest.param("p.yaml --output missing/", 4, 'there is no folder "missing"', id="a slash at the end"),
    pytest.param("p.yaml --output astray", 4, "there is no folder", id="a link into no folder"),
    pytest.param("p.yaml --output old.json/x", 4, '"old.json" is not a folder', id="a file as a folder"),
    pytest.param("p.yaml --output folder", 4, "it is a folder", id="a folder"),
    pytest.param(
        "validate p.yaml --output missing/x", 4, 'there is no folder "missing"', id="validate without a folder"
    ),
    pytest.param("init ''", 2, "the name of the folder is empty", id="init nowhere"),
]


@pytest.mark.parametrize(("line", "status", "says"), REFUSED)
def test_what_cannot_end_well_is_refused_before_it_begins(call, files, line, status, says):
    before = snapshot(files)
    called = call(*(word.strip("'") for word in line.split()))
    assert (called.status, called.stdout) == (status, "")
    error, *help = called.stderr.splitlines()  # a line, and what to write instead
    assert says in error
    assert len(help) == (status == 2)
    assert snapshot(files) == before


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("$RUN - --output p.yaml <p.yaml", '--output "p.yaml" is the same file as standard input'),
        ("$RUN p.yaml >>p.yaml", 'standard output is the same file as the input "p.yaml"'),
        ("$RUN p.yaml --format json --output log --format text >>log", "two results for standard output"),
    ],
)
def test_streams_clash_too(shell, tmp_path, line, says):
    text = Path(POLICY).read_text()
    for name in ("p.yaml", "log"):
        (tmp_path / name).write_text(text)
    called = shell(line)
    assert called.status == 2
    assert says in called.stderr
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"p.yaml": text, "log": text}


@pytest.mark.parametrize(
    ("read_only", "says"), [("old.json", "it is read-only"), (".", "is read-only")], ids=["a file", "a folder"]
)
def test_what_is_read_only_stays_as_it_is(call, files, monkeypatch, read_only, says):
    closed = (files / read_only).resolve()
    monkeypatch.setattr(targets.os, "access", lambda path, mode: Path(path).resolve() != closed)
    called = call("p.yaml", "--output", "old.json")
    assert (called.status, called.stdout) == (4, "")
    assert says in called.stderr
    assert (files / "old.json").read_text() == "old"


def test_no_read_only_file_is_replaced(ordinary_shell, tmp_path):
    (tmp_path / "r.json").write_text("old")
    (tmp_path / "r.json").chmod(0o444)
    called = ordinary_shell("$RUN $POLICY --output r.json")
    assert (called.status, called.stderr) == (4, 'error: cannot write "r.json": it is read-only\n')
    assert (tmp_path / "r.json").read_text() == "old"


@pytest.mark.parametrize(
    "line", ["$RUN x.yaml", "$RUN $POLICY --service x.yaml", "$RUN $POLICY --scenarios x.yaml", "$RUN validate x.yaml"]
)
def test_an_unreadable_file_is_said_in_our_words(ordinary_shell, tmp_path, line):
    (tmp_path / "x.yaml").write_text("")
    (tmp_path / "x.yaml").chmod(0)
    called = ordinary_shell(line)
    assert (called.status, called.stdout) == (2, "")
    assert called.stderr == 'error: cannot read "x.yaml": permission denied\n help: check who may read it\n'


TESTS = """schema: canary-runner/test/v1
policies: [p.yaml]
services: [s.yaml]
tests:
  - {name: one, scenario: healthy, expect: {rollback_probability: {at_most: 100%}}}
"""


@pytest.mark.parametrize("command", ["test", "validate"])
@pytest.mark.parametrize("target", ["p.yaml", "s.yaml", "./p.yaml", "a.test.yaml"])
def test_what_a_test_file_names_is_never_replaced(call, tmp_path, monkeypatch, command, target):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.yaml").write_bytes((ROOT / "policies" / "aggressive.yaml").read_bytes())
    (tmp_path / "s.yaml").write_bytes(SERVICE.read_bytes())
    (tmp_path / "a.test.yaml").write_text(TESTS)
    before = (tmp_path / target).read_bytes()
    called = call(command, "a.test.yaml", "--format", "json", "--output", target)
    assert called.status == 2
    assert "is the same file as the input" in called.stderr
    assert (tmp_path / target).read_bytes() == before


@pytest.mark.parametrize(
    ("options", "said", "status"),
    [
        (["--checkpoint", "ck", "--output", "ck"], "two results", 2),
        (["--checkpoint", ""], "is no name of a checkpoint", 2),
        (["--checkpoint", "-"], "is no name of a checkpoint", 2),
        (["--checkpoint", "nowhere/ck"], "there is no folder", 4),
    ],
)
def test_a_checkpoint_is_looked_at_before_any_work(call, tmp_path, monkeypatch, options, said, status):
    monkeypatch.chdir(tmp_path)
    called = call("study", str(ROOT / "policies" / "aggressive.yaml"), "--scenario", "healthy", *options)
    assert (called.status, said in called.stderr) == (status, True), called.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "parts",
    ["[]", '{"0": {}}', '{"0": {"runs": "4096", "histories": [[1]]}}', '{"0": {"runs": 1, "histories": [[1e30]]}}',
     '{"0": {"runs": 1, "histories": [[1], [1, 2]]}}', "[" * 200_000],
    ids=lambda parts: parts[:40],
)  # fmt: skip
def test_a_damaged_checkpoint_is_none(call, tmp_path, parts):
    file = tmp_path / "ck"
    policy = str(ROOT / "policies" / "aggressive.yaml")
    options = [
        "study",
        policy,
        "--scenario",
        "healthy",
        "--method",
        "sample",
        "--runs",
        "5000",
        "--checkpoint",
        str(file),
    ]
    assert call(*options).status == 0
    written = json.loads(file.read_text())
    head = json.dumps({key: written[key] for key in ("schema", "study", "seal")})
    file.write_text(f'{head[:-1]}, "parts": {parts}}}')
    called = call(*options)
    assert (called.status, called.stdout, called.stderr.count("\n")) == (2, "", 2), called.stderr
    assert "is no checkpoint" in called.stderr or "is not as it was written" in called.stderr


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_file_that_is_replaced_keeps_its_mode(call, tmp_path, mode):
    """A result may be for one's own eyes, or for a group that collects them: who replaces it must not decide anew."""
    old = tmp_path / "r.json"
    old.write_text("old")
    old.chmod(mode)
    called = call(str(ROOT / "policies" / "aggressive.yaml"), "--output", str(old))
    assert (called.status, old.stat().st_mode & 0o777) == (0, mode)
    assert json.loads(old.read_text())["final_state"] == "COMPLETED"
