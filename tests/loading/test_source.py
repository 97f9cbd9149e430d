"""Files that are missing, special, closed or too large."""

import io
import os
import socket
import sys
from pathlib import Path

import pytest

from canary_runner.loading.source import MAX_BYTES, policy_files, read_bytes
from canary_runner.model.diagnostics import UsageError


def refusal(name: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read_bytes(name)
    assert len(str(caught.value)) < 300
    assert str(caught.value).isprintable()
    return caught.value


def test_a_file_is_read_to_one_byte_above_the_limit(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_bytes(b"x" * (MAX_BYTES + 100))
    assert len(read_bytes(str(path))) == MAX_BYTES + 1
    assert read_bytes(str(path), 10) == b"x" * 11


def test_a_missing_file():
    error = refusal("no/such.yaml")
    assert str(error) == 'cannot read "no/such.yaml": there is no such file'
    assert error.help == "check the path; it counts from the current folder"


def test_a_folder(tmp_path):
    assert str(refusal(str(tmp_path))) == f'"{tmp_path}" is a folder'


def test_a_file_is_read_once_however_it_is_spelled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("p.yaml").write_text("x")
    Path("link.yaml").symlink_to("p.yaml")
    Path("sub").mkdir()
    spelled = [
        "./p.yaml",
        "p.yaml",
        str(tmp_path / "p.yaml"),
        "sub/../p.yaml",
        "link.yaml",
        ".",
        "-",
        "-",
        "a\0b",
        "a\0b",
    ]
    assert list(policy_files(spelled)) == ["./p.yaml", "-", "a\0b"]


def test_a_name_that_becomes_a_pipe_after_the_look(tmp_path, monkeypatch):
    """Between the look at a name and its opening, somebody puts a pipe there: it is refused, not read."""
    regular, pipe = tmp_path / "p.yaml", tmp_path / "pipe"
    regular.write_text("x")
    os.mkfifo(pipe)
    looked = regular.stat()
    monkeypatch.setattr(os, "stat", lambda *_, **__: looked)
    assert str(refusal(str(pipe))) == f'"{pipe}" is a pipe, not a file'


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert str(refusal(str(tmp_path / "pipe"))).endswith("is a pipe, not a file")


def test_a_device():
    assert str(refusal("/dev/zero")) == '"/dev/zero" is a device, not a file'


def test_a_socket(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        assert str(refusal("s")) == '"s" is a socket, not a file'


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file(tmp_path):
    path = tmp_path / "p.yaml"
    path.touch(0o000)
    assert str(refusal(str(path))).endswith("permission denied")


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "a\udcff", "\x1b[31m", "", "x" * 5000, "a/" * 3000])
def test_names_that_no_file_has(name):
    refusal(name)


def test_a_loop_of_links(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    refusal(str(tmp_path / "a"))


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a: 1")))
    assert read_bytes("-") == b"a: 1"


def test_standard_input_that_is_closed(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert str(refusal("-")) == "standard input is closed"
    stream = io.TextIOWrapper(io.BytesIO())
    stream.close()
    monkeypatch.setattr(sys, "stdin", stream)
    assert str(refusal("-")).startswith("cannot read standard input")


def test_folders_give_their_files_sorted_and_without_hidden_ones(tmp_path):
    for name in ("b.yaml", "a.yml", "c.JSON", "d.txt", "sub/z.yaml", "sub/.x.yaml", ".git/e.yaml", "sub/.h/f.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("schema: canary-runner/policy/v1")
    found = [str(Path(name).relative_to(tmp_path)) for name in policy_files([str(tmp_path)])]
    assert found == ["a.yml", "b.yaml", "c.JSON", "sub/z.yaml"]


def test_named_files_come_as_they_are_and_once(tmp_path):
    (tmp_path / "a.yaml").touch()
    a = str(tmp_path / "a.yaml")
    assert list(policy_files([a, str(tmp_path), "-", "missing.txt", a])) == [a, "-", "missing.txt"]


def test_a_folder_without_files_gives_none(tmp_path):
    assert list(policy_files([str(tmp_path)])) == []
