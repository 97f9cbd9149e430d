"""Several rollouts in a file: `--rollout NAME` says which one is meant; validate, lint and import take all of them."""

import json

import pytest

ROLLOUT = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: %s}
spec:
  strategy:
    canary:
      canaryService: c
      stableService: s
      trafficRouting: {nginx: {stableIngress: s}}
      steps: [{setWeight: %s}, {pause: {duration: 5m}}]
"""
BAD = ROLLOUT.replace("steps: [", "steps: [{setWeight: 101}, ")
TEST = """\
schema: canary-runner/test/v1
policies: [two.yaml]
%stests: [{name: never, expect: {rollback_probability: {at_most: 5%%}}}]
"""
STACK = """\
Resources:
  Api:
    Type: AWS::Serverless::Function
    Properties: {AutoPublishAlias: live, DeploymentPreference: {Type: Canary10Percent5Minutes}}
  Jobs:
    Type: AWS::Serverless::Function
    Properties: {AutoPublishAlias: live, DeploymentPreference: {Type: Linear10PercentEvery1Minute}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two.yaml").write_text(f"{ROLLOUT % ('shop', 20)}---\n{ROLLOUT % ('cart', 50)}")
    (tmp_path / "half.yaml").write_text(f"{ROLLOUT % ('shop', 20)}---\n{BAD % ('cart', 50)}")
    (tmp_path / "one.yaml").write_text(ROLLOUT % ("only", 10))
    (tmp_path / "stack.yaml").write_text(STACK)
    return tmp_path


@pytest.mark.parametrize("command", ["run", "study", "compare"])
def test_without_a_name_the_error_lists_the_names(call, command):
    more = ["one.yaml"] if command == "compare" else []
    done = call(command, "two.yaml", *more)
    assert (done.status, done.stdout) == (1, "")
    assert "two.yaml:12:1: error: 2 rollouts are in this file: shop and cart [several-rollouts]" in done.stderr
    assert "--rollout shop" in done.stderr


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["two.yaml", "--rollout", "cart"], "cart"),
        (["half.yaml", "--rollout", "shop"], "shop"),
        (["stack.yaml", "--rollout", "Jobs"], "Jobs"),
        (["stack.yaml"], "Api"),
        (["one.yaml"], "only"),
    ],
    ids=["of two", "the other one is wrong", "a deployment of a template", "its first one", "the only one"],
)
def test_a_name_chooses(call, words, name):
    done = call("run", *words)
    assert done.status == 0, done.stderr
    assert json.loads(done.stdout)["inputs"]["policy"]["name"] == name


def test_several_names_are_several_policies(call):
    said = ["--scenario", "healthy", "--format", "json"]
    done = call("study", "two.yaml", "one.yaml", "--rollout", "cart", "--rollout", "shop", *said)
    assert [one["policy"] for one in json.loads(done.stdout)["results"]] == ["shop", "cart", "only"]
    done = call("compare", "two.yaml", "--rollout", "cart", "--rollout", "shop", *said)
    assert done.status == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["two.yaml", "--rollout", "crat"], 'did you mean "cart"?'),
        (["one.yaml", "--rollout", "cart"], 'no rollout is called "cart"'),
        (["two.yaml", "--rollout", "cart", "--rollout", "x"], 'no rollout is called "x"'),
    ],
)
def test_a_name_that_no_rollout_has_is_a_wrong_call(call, words, message):
    done = call("study", *words)
    assert (done.status, done.stdout) == (2, "")
    assert message in done.stderr


def test_validate_and_lint_take_all_of_them(call):
    assert call("validate", "two.yaml").status == 0
    for command in ("validate", "lint"):
        done = call(command, "half.yaml")
        assert done.status == 1
        assert "half.yaml:21:" in done.stdout


def test_import_takes_all_of_them(call):
    done = call("import", "two.yaml")
    assert (done.status, done.stdout.count("schema: canary-runner/policy/v1")) == (0, 2)
    assert call("import", "two.yaml", "--rollout", "cart").stdout in done.stdout


def test_test_files_name_them(call, folder):
    (folder / "a.test.yaml").write_text(TEST % "")
    done = call("test", "a.test.yaml")
    assert done.status == 1
    assert "in a test file, rollouts: [shop]" in done.stderr
    (folder / "a.test.yaml").write_text(TEST % "rollouts: [shop, cart]\n")
    assert call("test", "a.test.yaml").status == 0
    assert call("validate", "a.test.yaml").status == 0
    (folder / "a.test.yaml").write_text(TEST % "rollouts: [shop, crat]\n")
    done = call("validate", "a.test.yaml")
    assert done.status == 1
    assert 'a.test.yaml:3:18: error: no rollout is called "crat" [unknown-rollout]' in done.stdout
