"""The same inputs and seed give the same bytes: twice, elsewhere, with the oldest and the newest supported numpy.

The files in `golden/` are whole outputs; `pytest --update-golden` writes them anew, and their diff is read like code.
"""

import hashlib
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
POLICIES = ROOT / "policies"
CHECKOUT = str(POLICIES / "checkout.service.yaml")
CASES = {
    "aggressive-healthy": ["aggressive.yaml", "--seed", "1"],
    "standard-bad-deploy": ["standard.yaml", "--run", "5000", "--scenario", "bad-deploy", "--service", CHECKOUT],
    "conservative-slow-leak": ["conservative.yaml", "--seed", "3", "--scenario", "slow-leak", "--approve", "--trace"],
    "standard-swing-text": ["standard.yaml", "--service", CHECKOUT, "--start-at", "09:30", "--format", "text"],
    "conservative-gate-ndjson": ["conservative.yaml", "--seed", "4", "--format", "ndjson"],
    "aggressive-silent": ["aggressive.yaml", "--scenario", "no-metrics", "--format", "ndjson"],
}  # fmt: skip
MANY = """
import sys, numpy
from canary_runner import api
from canary_runner.compiling.plan import make_plan
from canary_runner.engines.walk import walk
for name in ("conservative", "standard", "aggressive"):
    policy = api.load_policy(sys.argv[1] + "/" + name + ".yaml").value
    service = api.load_service(sys.argv[1] + "/checkout.service.yaml").value
    plan = make_plan(policy, service, api.find_scenario("slow-leak", (), {}))
    for part in walk(plan, 9, 4000, 200):
        for field in (part.endings, part.ended_at_s, part.stages_completed, part.entered_at_s, part.deciding):
            print(field.astype("int64").tolist())
"""


def outputs(folder, **environment):
    """Return the bytes of every case, and those of a walk of many rollouts, from fresh processes in a folder."""
    env = os.environ | {"PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"} | environment

    def output(*command):
        done = subprocess.run([sys.executable, *command], cwd=folder, env=env, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    found = {
        name: output("-m", "canary_runner", "run", str(POLICIES / policy), *rest)
        for name, (policy, *rest) in CASES.items()
    }
    return found | {"walk-of-many": hashlib.sha256(output("-c", MANY, str(POLICIES))).hexdigest().encode() + b"\n"}


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    return outputs(ROOT)


def suffix(name):
    if name == "walk-of-many":
        return "sha256"
    return {"ndjson": "ndjson", "text": "txt"}.get(CASES[name][-1], "json")


@pytest.mark.parametrize("name", [*CASES, "walk-of-many"])
def test_golden(golden, here, name):
    golden(f"{name}.{suffix(name)}", here[name].decode("ascii" if suffix(name) != "txt" else "utf-8"))


def test_the_same_bytes_in_another_folder_at_another_time(here, tmp_path):
    assert outputs(tmp_path, TZ="Pacific/Auckland", LC_ALL="C", PYTHONHASHSEED="7") == here


def oldest_numpy():
    """Return the oldest numpy that the project supports, as its own file says."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    (floor,) = (re.fullmatch(r"numpy>=([0-9.]+)", one) for one in wanted if one.startswith("numpy"))
    return f"numpy=={floor[1]}.*"


@pytest.mark.slow
@pytest.mark.parametrize("wanted", [oldest_numpy(), "numpy"], ids=["oldest", "newest"])
def test_the_same_bytes_with_every_numpy(here, tmp_path, wanted):
    place = tmp_path / "numpy"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(place), wanted]
    installed = subprocess.run(pip, capture_output=True, text=True)
    if installed.returncode != 0 and not os.environ.get("CI"):
        pytest.skip(f"{wanted} cannot be installed here: {installed.stderr.strip().splitlines()[-1]}")
    assert installed.returncode == 0, installed.stderr
    version = subprocess.run(
        [sys.executable, "-c", "import numpy; print(numpy.__file__, numpy.__version__)"],
        env=os.environ | {"PYTHONPATH": str(place)}, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert str(place) in version
    assert outputs(tmp_path, PYTHONPATH=str(place)) == here
