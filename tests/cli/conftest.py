"""Calls of the command line: quick ones inside this process, and real processes for what only they can show."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from canary_runner.cli import entry

ROOT = Path(__file__).parents[2]
POLICY = str(ROOT / "policies" / "standard.yaml")
COMMAND = (sys.executable, "-m", "canary_runner")
PLAIN = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE")}


@dataclass(frozen=True)
class Called:
    """What a call gave."""

    status: int
    stdout: str
    stderr: str


@pytest.fixture
def call():
    """Run a command line inside this process."""

    def call(*arguments, stdin=b""):
        with CliRunner().isolation(stdin) as (stdout, stderr, _):
            status = entry.run([str(argument) for argument in arguments])
        return Called(status, stdout.getvalue().decode(), stderr.getvalue().decode())

    return call


@pytest.fixture
def process():
    """Run a command line as a process."""

    def process(*arguments, environment=None, **options):
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)], capture_output=True, timeout=60,
            env={**PLAIN, **(environment or {})}, **options,
        )  # fmt: skip
        return Called(done.returncode, done.stdout.decode(), done.stderr.decode())

    return process


def in_shell(line, folder, prefix=(), environment=None):
    """Run a line of sh in which $RUN is the program and $POLICY a good policy."""
    variables = {**PLAIN, "RUN": " ".join(COMMAND), "POLICY": POLICY, **(environment or {})}
    done = subprocess.run([*prefix, "sh", "-c", line], capture_output=True, timeout=60, env=variables, cwd=folder)
    return Called(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


@pytest.fixture
def shell(tmp_path):
    """Run a line of sh in a folder of the test's own."""
    return lambda line, environment=None: in_shell(line, tmp_path, environment=environment)


ORDINARY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""Lets root go on as somebody for whom the rights of files count."""


@pytest.fixture
def ordinary_shell(tmp_path):
    """Run a line of sh as somebody for whom the rights of files count, whoever runs the tests."""
    prefix = ORDINARY if os.geteuid() == 0 else ()
    if prefix and (
        shutil.which(prefix[0]) is None or subprocess.run([*prefix, "true"], stderr=subprocess.DEVNULL).returncode != 0
    ):
        pytest.skip("root cannot lay down its rights here")
    return lambda line: in_shell(line, tmp_path, prefix)
