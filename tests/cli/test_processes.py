"""What only a real process can show: closed and full streams, odd encodings, signals."""

import json
import os
import pty
import re
import signal
import subprocess
import time

import pytest

from tests.cli.conftest import COMMAND, PLAIN, POLICY, ROOT


@pytest.mark.parametrize("result", ["$POLICY", "validate $POLICY", "--help", "--version", "explain states", "-h"])
@pytest.mark.parametrize(("where", "reason"), [("> /dev/full", "no space left on device"), (">&-", "it is closed")])
def test_a_result_that_cannot_be_written_is_exit_4(shell, result, where, reason):
    called = shell(f"$RUN {result} {where}")
    assert (called.status, called.stderr) == (4, f"error: cannot write to standard output: {reason}\n")


@pytest.mark.parametrize(
    ("call", "status", "says"),
    [
        ("$RUN $POLICY", 0, ""),
        ("$RUN lint $POLICY", 0, ""),
        ("$RUN validate $POLICY", 0, ""),
        ("$RUN $POLICY --output x.json", 4, 'error: cannot write "x.json": no such file or directory\n'),
        ("$RUN lint $POLICY --format sarif", 4, "error: the current folder is gone\n help: change to a folder"),
        ("$RUN validate x.yaml", 2, 'error: cannot read "x.yaml": there is no such file\n help: check the path;'),
    ],
)
def test_the_current_folder_is_gone(shell, tmp_path, call, status, says):
    (tmp_path / "gone").mkdir()
    called = shell(f'cd "{tmp_path}/gone" && rmdir "{tmp_path}/gone" && export PYTHONPATH={ROOT} && {call}')
    assert (called.status, called.stderr[: len(says)]) == (status, says)
    assert bool(called.stderr) == bool(says)


@pytest.mark.parametrize("where", ["> /dev/full", ">&-"])
@pytest.mark.parametrize(
    ("call", "status", "says"),
    [
        ("$POLICY", 4, "cannot write to standard output"),
        ("missing.yaml", 2, 'cannot read "missing.yaml"'),
        ("$POLICY --sed 1", 2, "no such option"),
        ("validate missing.yaml $POLICY", 2, 'cannot read "missing.yaml"'),
    ],
)
def test_a_failure_in_json_that_cannot_be_written_is_said(shell, call, status, says, where):
    called = shell(f"$RUN {call} --format json {where}")
    assert called.status == status
    assert called.stderr.startswith("error: ")
    assert says in called.stderr.lower()


@pytest.mark.parametrize("where", ["> /dev/full", ">&-", "2>&- >&-"])
def test_init_without_a_reader_writes_its_files_all_the_same(shell, tmp_path, where):
    called = shell(f"$RUN init new {where}")
    assert called.status == 4
    assert called.stderr == "" or re.fullmatch("error: cannot write to standard output: .*\n", called.stderr)
    assert (tmp_path / "new/policies/standard.yaml").is_file()


@pytest.mark.parametrize("result", ["$POLICY", "$POLICY --trace", "validate $POLICY", "--help"])
def test_a_reader_that_stops_early_is_no_failure(shell, result):
    called = shell(f"{{ $RUN {result}; echo $? >&3; }} 3>status | head -c 1; cat status")
    assert (called.stdout[1:], called.stderr) == ("0\n", "")


def test_a_reader_that_is_gone_before_the_first_byte(shell):
    called = shell("{ sleep 0.2; $RUN $POLICY; echo $? >&3; } 3>status | true; sleep 1; cat status")
    assert (called.stdout, called.stderr) == ("0\n", "")


def test_with_all_streams_closed(shell):
    assert shell("$RUN $POLICY <&- >&- 2>&-").status == 4
    assert shell("$RUN missing.yaml <&- >&- 2>&-").status == 2
    assert shell("$RUN $POLICY --output x.json <&- >&- 2>&-; echo $?; tail -c 2 x.json").stdout == "0\n}\n"


def test_a_closed_stderr_puts_no_message_into_a_file(shell):
    called = shell("$RUN $POLICY -v --output x.json 2>&-; cat x.json")
    assert json.loads(called.stdout)["final_state"] == "COMPLETED"


def test_a_closed_stdin_is_said(shell):
    called = shell("$RUN - <&-")
    assert (called.status, called.stdout) == (2, "")
    assert "standard input is closed" in called.stderr


def test_a_policy_from_stdin(shell):
    called = shell("$RUN - < $POLICY")
    assert json.loads(called.stdout)["inputs"]["policy"]["file"] is None


@pytest.mark.parametrize("environment", [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
                                         {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"}])  # fmt: skip
@pytest.mark.parametrize("result", ["$POLICY --format text", "$POLICY -v", "validate bad.yaml", "explain scenarios"])
def test_a_poor_encoding_gets_all_in_ascii(shell, environment, result, tmp_path):
    (tmp_path / "bad.yaml").write_text("schema: canary-runner/policy/v1\nname: été\ndescription: 日本\nfoo: 1\n")
    called = shell(f"$RUN {result}", environment)
    assert called.status in (0, 1)
    assert (called.stdout + called.stderr).replace("\N{REPLACEMENT CHARACTER}", "e").isascii()  # Latin-1 has é


@pytest.mark.parametrize(
    "name", [b"a\x1b[31mred\x07.yaml", b"b\xff\xfe.yaml", "c\u202e.yaml".encode(), b"d\n.yaml", b"-e.yaml"]
)
@pytest.mark.parametrize("text", ["- 1\n", 'schema: canary-runner/policy/v1\n? "\\e[31m"\n: 1\n\x9b31m: 2\n'])
def test_nothing_in_a_name_or_a_file_acts_on_the_terminal(tmp_path, name, text):
    (tmp_path / os.fsdecode(name)).write_text(text)
    for call in (["validate", b"./" + name], ["validate", "--format", "json", b"./" + name], [b"./" + name]):
        done = subprocess.run([*COMMAND, *call], cwd=tmp_path, capture_output=True, timeout=60, env=PLAIN)
        assert done.returncode == 1, done.stderr
        shown = (done.stdout + done.stderr).decode()
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)
        assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("delay_s", [0.03, 0.05, 0.08, 0.12, 0.2, 0.5])
def test_a_signal_ends_the_process_at_once_and_without_a_word(number, status, delay_s):
    with subprocess.Popen(
        [*COMMAND, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=PLAIN,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as child:  # fmt: skip
        time.sleep(delay_s)
        child.send_signal(number)
        sent = time.monotonic()
        out, err = child.communicate(timeout=10)
    if delay_s >= 0.12:  # before that the interpreter itself may not be up
        assert (child.returncode, out, err) == (status, b"", b"")
    assert time.monotonic() - sent < 1


def test_a_signal_leaves_no_temporary_file(tmp_path):
    script = (
        "import os, signal\nfrom canary_runner.cli import file_output, process\nprocess.catch_signals()\n"
        "os.fsync = lambda number: os.kill(os.getpid(), signal.SIGTERM)\nfile_output.write_file('x.json', 'new')\n"
    )
    (tmp_path / "x.json").write_text("old")
    done = subprocess.run([COMMAND[0], "-c", script], cwd=tmp_path, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (143, b"")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"x.json": "old"}


def terminal(*arguments, environment=None):
    """Run with a terminal as stderr, a pipe as stdout."""
    ours, theirs = pty.openpty()
    variables = {**PLAIN, "TERM": "xterm", "COLUMNS": "80", **(environment or {})}
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=theirs, env=variables) as child:
        os.close(theirs)
        seen = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:
                break
            if not piece:
                break
            seen += piece
        out = child.communicate(timeout=60)[0]
    os.close(ours)
    return out.decode(), seen.decode().replace("\r\n", "\n")


def test_a_person_sees_the_timeline_and_the_pipe_gets_json():
    out, seen = terminal(POLICY, "--seed", "1", "--scenario", "bad-deploy")
    assert json.loads(out)["final_state"] == "ROLLED_BACK"
    assert "\x1b[1;31m✖ ROLLED_BACK\x1b[0m" in seen


def test_quiet_shows_no_timeline():
    assert terminal(POLICY, "-q")[1] == ""


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}])
def test_a_terminal_without_colours(environment):
    assert "\x1b" not in terminal(POLICY, environment=environment)[1]


def test_a_failure_in_json_is_also_shown_to_a_person():
    out, seen = terminal("missing.yaml", "--format", "json", "--no-color")
    assert json.loads(out)["error"]["kind"] == "wrong_call"
    assert seen.startswith("error: cannot read")
