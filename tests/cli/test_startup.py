"""Start-up is a feature: what a call does not need, it does not import."""

import subprocess
import sys

import pytest

from tests.cli.conftest import POLICY

PROBE = """
import os, sys
os._exit = lambda status: print(*sorted(sys.modules), file=sys.stderr)
from canary_runner.cli.entry import main
main()
"""


def imported(*arguments):
    done = subprocess.run([sys.executable, "-c", PROBE, *arguments], capture_output=True, text=True, timeout=60)
    return set(done.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        pytest.param(["--version"], {"click", "yaml", "jsonschema", "numpy", "rich", "dataclasses"}, id="--version"),
        pytest.param(["--help"], {"yaml", "jsonschema", "numpy", "rich", "json"}, id="--help"),
        pytest.param(["run", "--help"], {"yaml", "jsonschema", "numpy", "rich"}, id="run --help"),
        pytest.param(["completion", "bash"], {"yaml", "jsonschema", "numpy", "rich", "subprocess"}, id="completion"),
        pytest.param(["validate", POLICY], {"numpy", "rich"}, id="validate"),
        pytest.param(["explain", "alarms-when-healthy"], {"numpy", "rich"}, id="explain a rule of lint"),
        pytest.param(["lint", "--help"], {"yaml", "jsonschema", "numpy", "rich"}, id="lint --help"),
        pytest.param(["validate", POLICY.replace(".yaml", ".test.yaml")], {"numpy", "rich"}, id="validate a test"),
        pytest.param(
            [POLICY],
            {"rich", "scipy", "jsonschema", "pathlib", "_hashlib", "numpy.random", "canary_runner.model.machine"},
            id="run",
        ),
    ],
)
def test_is_not_imported(arguments, absent):
    modules = imported(*arguments)
    assert "canary_runner" in modules
    assert not modules & absent
