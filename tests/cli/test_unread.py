"""`validate` of many files of which some cannot be read: the others are told, then what is missing."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import POLICY


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_bytes(Path(POLICY).read_bytes())
    (tmp_path / "broken.yaml").write_text("schema: canary-runner/policy/v1\nname: [\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/dangling.yaml").symlink_to("nowhere")
    (tmp_path / "folder/good.yaml").write_bytes(Path(POLICY).read_bytes())
    return tmp_path


@pytest.mark.parametrize(
    ("paths", "told", "unread"),
    [
        pytest.param("missing.yaml good.yaml", "1 file valid\n", ["missing.yaml"], id="the first"),
        pytest.param("good.yaml missing.yaml", "1 file valid\n", ["missing.yaml"], id="the last"),
        pytest.param("a.yaml good.yaml b.yaml", "1 file valid\n", ["a.yaml", "b.yaml"], id="two"),
        pytest.param("folder", "1 file valid\n", ["folder/dangling.yaml"], id="a link to nowhere in a folder"),
        pytest.param(
            "missing.yaml broken.yaml good.yaml", "1 error in 1 of 2 files\n", ["missing.yaml"], id="an error"
        ),
        pytest.param("missing.yaml", "", ["missing.yaml"], id="nothing else"),
    ],
)
def test_the_others_are_told(call, files, paths, told, unread):
    called = call("validate", *paths.split())
    assert called.status == 2
    assert called.stdout.endswith(told)
    assert bool(called.stdout) == bool(told)
    errors = [line for line in called.stderr.splitlines() if line.startswith("error: ")]
    assert errors == [f'error: cannot read "{name}": there is no such file' for name in unread]


@pytest.mark.parametrize("is_to_file", [False, True], ids=["stdout", "a file"])
def test_json_is_one_object_that_nobody_takes_for_valid(call, files, is_to_file):
    options = ["--format", "json", *(["--output", "r.json"] if is_to_file else [])]
    called = call("validate", "a.yaml", "b.yaml", "broken.yaml", "good.yaml", *options)
    assert called.status == 2
    assert called.stderr.count("cannot read") == (2 if is_to_file else 0)
    error = json.loads(Path("r.json").read_text() if is_to_file else called.stdout)["error"]
    assert error["kind"] == "wrong_call"
    assert 'cannot read "a.yaml"' in error["message"]
    assert 'cannot read "b.yaml"' in error["message"]
    assert [found["file"] for found in error["diagnostics"]] == ["broken.yaml"]


@pytest.mark.parametrize(("said", "closed"), [("closed $POLICY", "closed"), ("all", "all/closed")])
def test_a_folder_that_is_closed_hides_no_other(ordinary_shell, tmp_path, said, closed):
    (tmp_path / "all").mkdir()
    (tmp_path / "all/open.yaml").write_bytes(Path(POLICY).read_bytes())
    (tmp_path / closed).mkdir()
    (tmp_path / closed).chmod(0)
    called = ordinary_shell(f"$RUN validate {said}")
    assert (called.status, called.stdout) == (2, "1 file valid\n")
    assert called.stderr.startswith(f'error: cannot read the folder "{closed}": permission denied\n')
