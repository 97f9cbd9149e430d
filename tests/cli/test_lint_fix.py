"""`lint --fix` and `--diff`: what is written, what is said of it, and what a failure leaves."""

import json
import os
import subprocess

import pytest

from tests.cli.conftest import POLICY, ROOT

GOOD = (ROOT / "policies/standard.yaml").read_bytes()
BROKEN = GOOD.replace(b"defaults:", b"defualts:").replace(b"duration: 10m", b"duration: 10 min")
ONE_RULE = ("--select", "unguarded-jump")
"""Which finds nothing here: other rules may."""


@pytest.fixture
def broken(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(BROKEN)
    return path


def test_fix_writes_says_what_it_did_and_lints_the_result(call, broken):
    called = call("lint", broken, "--fix", *ONE_RULE)
    assert broken.read_bytes() == GOOD
    assert called.stdout.splitlines()[:3] == [
        f'{broken}:6:1: mended: "defualts" is now "defaults"',
        f'{broken}:7:13: mended: "10 min" is now "10m"',
        "",
    ]
    assert (called.status, called.stdout.splitlines()[-1]) == (0, "1 file without a finding")
    again = call("lint", broken, "--fix")
    assert "mended" not in again.stdout
    assert broken.read_bytes() == GOOD


def test_what_was_mended_is_no_part_of_json(call, broken):
    called = call("lint", broken, "--fix", "--format", "json", *ONE_RULE)
    assert (json.loads(called.stdout)["diagnostics"], called.stderr) == ([], "")
    assert broken.read_bytes() == GOOD


@pytest.mark.parametrize("raw", [BROKEN, BROKEN.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + BROKEN.rstrip(b"\n")])
def test_a_diff_writes_nothing_and_patches_to_what_fix_writes(call, broken, raw):
    broken.write_bytes(raw)
    called = call("lint", broken, "--diff")
    assert (called.status, broken.read_bytes()) == (1, raw)
    other = broken.with_name("b.yaml")
    other.write_bytes(raw)
    subprocess.run(
        ["git", "apply", "-p0", "--unsafe-paths", "--directory=/", "-"],
        input=called.stdout.replace(str(broken), str(other)), text=True, check=True, cwd=broken.parent,
    )  # fmt: skip
    call("lint", broken, "--fix")
    assert other.read_bytes() == broken.read_bytes() != raw
    after = call("lint", broken, "--diff")
    assert (after.status, after.stdout) == (0, "")


def test_a_diff_of_standard_input(call):
    called = call("lint", "-", "--diff", stdin=BROKEN)
    assert called.status == 1
    assert "-defualts:" in called.stdout
    assert "+defaults:" in called.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-", "--fix"), "standard input cannot be mended"),
        ((POLICY, "--diff", "--format", "sarif"), "--diff writes a diff"),
    ],
)
def test_wrong_calls(call, arguments, words):
    called = call("lint", *arguments, stdin=BROKEN)
    assert called.status == 2
    assert words in called.stderr


def test_mode_and_links_stay(call, broken):
    broken.chmod(0o640)
    link = broken.with_name("link.yaml")
    link.symlink_to(broken.name)
    assert call("lint", link, "--fix", *ONE_RULE).status == 0
    assert link.is_symlink()
    assert (broken.read_bytes(), broken.stat().st_mode & 0o777) == (GOOD, 0o640)
    assert sorted(path.name for path in broken.parent.iterdir()) == ["a.yaml", "link.yaml"]


def test_a_valid_file_is_not_even_written(call, broken):
    broken.write_bytes(GOOD)
    os.utime(broken, (1, 1))
    call("lint", broken, "--fix")
    assert (broken.read_bytes(), broken.stat().st_mtime) == (GOOD, 1)


def test_none_is_written_where_one_is_read_only(ordinary_shell, broken):
    second = broken.with_name("b.yaml")
    second.write_bytes(BROKEN)
    second.chmod(0o444)
    called = ordinary_shell("$RUN lint a.yaml b.yaml --fix")
    assert called.status == 4
    assert 'cannot write "b.yaml": it is read-only' in called.stderr
    assert (broken.read_bytes(), second.read_bytes()) == (BROKEN, BROKEN)


def test_what_a_descriptor_leads_to_is_not_written(shell, broken):
    called = shell("$RUN lint /dev/fd/3 --fix 3<>a.yaml")
    assert called.status == 4
    assert broken.read_bytes() == BROKEN


def test_unread_files_do_not_stop_the_others(call, broken):
    called = call("lint", broken, broken.parent / "missing.yaml", "--fix")
    assert (called.status, broken.read_bytes()) == (2, GOOD)
    assert "missing.yaml" in called.stderr
    called = call("lint", broken, broken.parent / "missing.yaml", "--diff")
    assert called.status == 2
    assert "missing.yaml" in called.stderr
