"""`--with`: what a manifest refers to stands in further files; findings about those stand at their own lines."""

import json
from pathlib import Path

import pytest

ROLLOUT = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  strategy:
    canary:
      canaryService: shop-canary
      stableService: shop-stable
      trafficRouting: {nginx: {stableIngress: shop}}
      analysis:
        templates:
        - templateName: errors
      steps: [{setWeight: 20}, {pause: {duration: 5m}}]
"""
TEMPLATE = """\
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata:
  name: errors
spec:
  metrics:
  - name: error-rate
    interval: 1m
    successCondition: result[0] <= 0.05
    failureLimit: 2
    provider:
      prometheus:
        address: http://x
        query: sum(rate(h{service="shop-canary",code=~"5.."}[1m])) / sum(rate(h{service="shop-canary"}[1m]))
"""
CANARY = """\
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: shop, namespace: prod}
spec:
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  service: {port: 80}
  analysis:
    interval: 1m
    threshold: 2
    maxWeight: 20
    stepWeight: 10
    metrics:
    - {name: errors, interval: 1m, thresholdRange: {max: 5}, templateRef: {name: errors, namespace: prod}}
"""
METRIC = """\
apiVersion: flagger.app/v1beta1
kind: MetricTemplate
metadata:
  name: errors
  namespace: prod
spec:
  provider: {type: prometheus, address: http://x}
  query: |
    100 * sum(rate(h{pod=~"shop-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)",code=~"5.."}[1m]))
    / sum(rate(h{pod=~"shop-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"}[1m]))
"""
TEST = """\
schema: canary-runner/test/v1
policies: [k8s/rollout.yaml]
with: [k8s/templates]
tests:
- {name: crashes are caught, scenario: crash, expect: {rollback_probability: {at_least: 90%}}}
"""
BINDING = "error-rate=error_ratio,window=1m,arm=canary"
UNCLEAR = TEMPLATE[: TEMPLATE.index("query:")] + "query: my_error_ratio\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("k8s/rollout.yaml", ROLLOUT)
    write("k8s/templates/errors.yaml", TEMPLATE)
    return tmp_path


def write(name, text):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)


def test_a_template_that_is_in_no_file_is_told_with_what_to_write(call, folder):
    done = call("run", "k8s/rollout.yaml")
    assert (done.status, done.stdout) == (1, "")
    assert 'k8s/rollout.yaml:12:25: error: the AnalysisTemplate "errors" is in no file that was read' in done.stderr
    assert "--with FILE; in a test file, with: [FILE]" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["k8s/templates/errors.yaml"],
        ["k8s/templates"],
        ["k8s"],
        ["k8s/templates", "--with", "k8s/templates/errors.yaml"],
    ],
    ids=["file", "folder", "the folder of the rollout itself", "one file twice"],
)
def test_templates_of_further_files_are_read(call, folder, words):
    done = call("run", "k8s/rollout.yaml", "--with", *words, "--scenario", "crash")
    assert done.status == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["final_state"], result["reason"]["check"]) == ("ROLLED_BACK", "error-rate")
    (one,) = result["inputs"]["policy"]["with"]
    assert one["file"] == "errors.yaml"


def test_what_a_run_is_does_not_depend_on_the_file_its_templates_stand_in(call, folder):
    write("one.yaml", f"{ROLLOUT}---\n{TEMPLATE}")
    apart = json.loads(call("run", "k8s/rollout.yaml", "--with", "k8s/templates", "--trace").stdout)
    joined = json.loads(call("run", "one.yaml", "--trace").stdout)
    assert {**apart, "inputs": 0} == {**joined, "inputs": 0}


@pytest.mark.parametrize("command", ["study", "compare", "validate", "lint", "import"])
def test_every_command_takes_it(call, folder, command):
    write("again.yaml", ROLLOUT.replace("setWeight: 20", "setWeight: 40"))
    more = ["again.yaml"] if command == "compare" else []
    quick = ["--scenario", "crash", "--runs", "16"] if command in ("study", "compare") else []
    quick += ["--fail-on", "error"] if command == "lint" else []  # the jump to 100 % is worth a warning
    done = call(command, "k8s/rollout.yaml", *more, "--with", "k8s/templates", *quick)
    assert "missing-template" not in done.stderr + done.stdout
    assert done.status == (1 if command == "import" else 0), done.stderr + done.stdout


def test_standard_input_may_be_the_further_file(call, folder):
    done = call("validate", "k8s/rollout.yaml", "--with", "-", stdin=TEMPLATE.encode())
    assert (done.status, done.stdout) == (0, "1 file valid\n")


@pytest.mark.parametrize("command", ["run", "validate", "lint"])
def test_a_finding_in_a_further_file_names_its_file_line_and_column(call, folder, command):
    write("k8s/templates/errors.yaml", UNCLEAR)
    done = call(command, "k8s/rollout.yaml", "--with", "k8s/templates")
    told = done.stdout + done.stderr
    assert done.status == 1
    assert "k8s/templates/errors.yaml:12:7: error: " in told
    assert "12 |       prometheus:" in told
    assert "rollout.yaml:" not in told


def test_a_warning_in_a_further_file_stands_there_too(call, folder):
    write("k8s/templates/errors.yaml", TEMPLATE + "    whatever: 1\n")
    done = call("run", "k8s/rollout.yaml", "--with", "k8s/templates")
    assert done.status == 0
    assert 'k8s/templates/errors.yaml:15:5: warning: unknown key "whatever" is not read' in done.stderr


def test_a_template_in_two_files_is_refused_with_both_places(call, folder):
    write("k8s/templates/more/again.yaml", "# by hand\n" + TEMPLATE)
    done = call("validate", "k8s/rollout.yaml", "--with", "k8s/templates")
    assert done.status == 1
    assert 'k8s/rollout.yaml:12:25: error: the AnalysisTemplate "errors" stands in 2 places' in done.stdout
    assert "k8s/templates/errors.yaml:4:9" in done.stdout
    assert "k8s/templates/more/again.yaml:5:9" in done.stdout
    found = json.loads(call("validate", "k8s/rollout.yaml", "--with", "k8s/templates", "--format", "json").stdout)
    places = [(one["file"], one["line"]) for one in found["diagnostics"][0]["related"]]
    assert places == [("k8s/templates/errors.yaml", 4), ("k8s/templates/more/again.yaml", 5)]


def test_templates_of_other_namespaces_are_no_second_place(call, folder):
    write("k8s/rollout.yaml", ROLLOUT.replace("{name: shop}", "{name: shop, namespace: prod}"))
    write("k8s/templates/errors.yaml", TEMPLATE.replace("name: errors\n", "name: errors\n  namespace: prod\n", 1))
    write("k8s/templates/stage.yaml", UNCLEAR.replace("name: errors\n", "name: errors\n  namespace: stage\n", 1))
    assert call("validate", "k8s/rollout.yaml", "--with", "k8s/templates").status == 0


def test_metric_templates_of_flagger(call, folder):
    write("canary.yaml", CANARY)
    write("metrics.yaml", METRIC)
    assert (
        'MetricTemplate "errors" of namespace "prod" is in no file that was read' in call("run", "canary.yaml").stderr
    )
    done = call("run", "canary.yaml", "--with", "metrics.yaml", "--scenario", "crash")
    assert (done.status, json.loads(done.stdout)["final_state"]) == (0, "ROLLED_BACK")
    write("unclear.yaml", METRIC[: METRIC.index("query:")] + "query: my_errors\n")
    unclear = call("run", "canary.yaml", "--with", "unclear.yaml").stderr
    assert 'canary.yaml:13:75: error: metric "errors": ' in unclear
    assert "unclear.yaml:8:10" in unclear
    write("again.yaml", METRIC)
    done = call("run", "canary.yaml", "--with", "metrics.yaml", "--with", "again.yaml")
    assert 'the MetricTemplate "errors" stands in 2 places' in done.stderr


@pytest.mark.parametrize(
    ("name", "text", "status", "message"),
    [
        ("gone.yaml", None, 2, 'cannot read "gone.yaml": there is no such file'),
        ("k8s/bad.yaml", "apiVersion: v1\nkind: [\n", 1, "k8s/bad.yaml:"),
        ("p.yaml", "schema: canary-runner/policy/v1\n", 1, "p.yaml:1:1: error: this is no manifest"),
        ("big.yaml", "apiVersion: v1\n" + "#" * (1 << 20), 1, "big.yaml:1:1: error: the file is larger than 1 MiB"),
        ("helm.yaml", "apiVersion: v1\nkind: {{ .Values.kind }}\n", 1, "helm.yaml:2:"),
        ("bomb.yaml", "apiVersion: v1\na: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
            f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)), 1,
         "bomb.yaml:"),
    ],
)  # fmt: skip
def test_further_files_have_the_limits_and_errors_of_policies(call, folder, name, text, status, message):
    if text is not None:
        write(name, text)
    done = call("run", "k8s/rollout.yaml", "--with", name)
    assert (done.status, done.stdout) == (status, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_in_a_folder_what_is_no_manifest_is_passed_over_and_too_many_are_refused(call, folder):
    write("k8s/standard.yaml", "schema: canary-runner/policy/v1\n")
    write("k8s/values.yaml", "a: 1\n")
    assert call("validate", "k8s/rollout.yaml", "--with", "k8s").status == 0
    for index in range(200):
        write(f"many/{index}.yaml", "apiVersion: apps/v1\nkind: Deployment\n")
    done = call("validate", "k8s/rollout.yaml", "--with", "k8s", "--with", "many")
    assert (done.status, done.stderr.splitlines()[0]) == (2, "error: more than 200 further files are named")


def test_validate_of_a_whole_folder(call, folder):
    alone = call("validate", "k8s/templates/errors.yaml")
    assert alone.status == 1
    assert "name the file of the rollout that refers to it, and this one with --with" in alone.stdout
    assert call("validate", "k8s/templates/errors.yaml", "--with", "k8s").status == 0
    done = call("validate", "k8s", "--with", "k8s")
    assert (done.status, done.stdout) == (0, "1 file valid\n1 other file skipped\n")


def test_an_output_may_not_replace_a_further_file(call, folder):
    done = call(
        "study", "k8s/rollout.yaml", "--with", "k8s", "--format", "json", "--output", "k8s/templates/errors.yaml"
    )
    assert done.status == 2
    assert Path("k8s/templates/errors.yaml").read_text() == TEMPLATE


def test_test_files_name_further_files_by_their_own_folder(call, folder, monkeypatch):
    write("shop.test.yaml", TEST)
    assert call("test", "shop.test.yaml").status == 0
    assert call("validate", "shop.test.yaml").status == 0
    monkeypatch.chdir("/")
    assert call("test", folder / "shop.test.yaml").status == 0


def test_test_files_tell_of_further_files_that_are_wrong(call, folder):
    write("shop.test.yaml", TEST.replace("k8s/templates", "k8s/gone.yaml"))
    done = call("test", "shop.test.yaml")
    assert done.status == 1
    assert 'shop.test.yaml:3:8: error: cannot read "k8s/gone.yaml": there is no such file' in done.stderr
    write("shop.test.yaml", TEST)
    write("k8s/templates/errors.yaml", UNCLEAR)
    done = call("validate", "shop.test.yaml")
    assert done.status == 1
    assert "k8s/templates/errors.yaml:12:7: error: " in done.stdout


def test_bindings_of_test_files_and_of_the_call(call, folder):
    write("k8s/templates/errors.yaml", UNCLEAR)
    write("shop.test.yaml", TEST)
    for command in ("test", "validate"):
        assert call(command, "shop.test.yaml", "--bind", BINDING).status == 0
    bound = {
        "schema": "canary-runner/bindings/v1",
        "bindings": {"error-rate": {"measures": "error_ratio", "arm": "canary"}},
    }
    bound["bindings"]["error-rate"]["window"] = "1m"
    write("b.bindings.yaml", json.dumps(bound))
    assert call("test", "shop.test.yaml", "--bindings", "b.bindings.yaml").status == 0
    write("shop.test.yaml", TEST.replace("tests:", "bindings: [b.bindings.yaml]\ntests:"))
    assert call("test", "shop.test.yaml").status == 0
    blind = call("test", "shop.test.yaml", "--bind", "error-rate=error_ratio,window=1m,arm=baseline")
    assert blind.status == 1  # an option wins: the baseline is well, and nothing is caught
    bound["bindings"]["other"] = bound["bindings"]["error-rate"]
    write("b.bindings.yaml", json.dumps(bound))
    done = call("test", "shop.test.yaml")
    assert done.status == 1
    assert 'there is no metric "other" to bind [unused-binding]' in done.stderr


@pytest.mark.parametrize("command", ["test", "validate", "lint"])
def test_bindings_that_nothing_asks_for_are_errors_everywhere(call, folder, command):
    write("shop.test.yaml", TEST)
    name = "k8s/rollout.yaml" if command == "lint" else "shop.test.yaml"
    more = ["--with", "k8s/templates"] if command == "lint" else []
    done = call(command, name, *more, "--bind", "error-rat=error_ratio,window=1m,arm=canary")
    assert (done.status, done.stdout) == (2, "")
    assert 'did you mean "error-rate"?' in done.stderr


FUNCTION = """\
Resources:
  Api:
    Type: AWS::Serverless::Function
    Properties:
      AutoPublishAlias: live
      DeploymentPreference:
        Type: Canary10Percent30Minutes
        Alarms: [%s]
"""
ALARMS = """\
Resources:
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: api-errors
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions: [{Name: FunctionName, Value: api}, {Name: Resource, Value: 'api:live'}]
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 100
      ComparisonOperator: GreaterThanThreshold
Outputs:
  Alarm: {Value: !Ref Errors, Export: {Name: shop-errors}}
"""


@pytest.mark.parametrize("name", ["api-errors", "!ImportValue shop-errors", "!Sub api-errors"])
def test_alarms_of_another_stack(call, folder, name):
    write("api.yaml", FUNCTION % name)
    write("alarms.yaml", ALARMS)
    alone = call("run", "api.yaml")
    assert "is in no file that was read: it is taken to stay OK" in alone.stderr
    done = call("run", "api.yaml", "--with", "alarms.yaml", "--scenario", "crash")
    assert (done.status, json.loads(done.stdout)["final_state"]) == (0, "ROLLED_BACK")
    assert "taken to stay OK" not in done.stderr
    write("again.yaml", ALARMS)
    done = call("validate", "api.yaml", "--with", "alarms.yaml", "--with", "again.yaml")
    assert done.status == 1
    assert "stands in 2 templates" in done.stdout
    assert "again.yaml:5:7" in done.stdout


def test_a_fault_of_an_alarm_in_another_stack_stands_there(call, folder):
    write("api.yaml", FUNCTION % "api-errors")
    write("alarms.yaml", ALARMS.replace("Period: 60", "Period: 61"))
    done = call("validate", "api.yaml", "--with", "alarms.yaml")
    assert done.status == 1
    assert "alarms.yaml:10:15: error: a period of 61 seconds" in done.stdout


def test_an_alarm_on_metric_math_watches_the_ratio(call, folder):
    stat = "{Period: 60, Stat: Sum, Metric: {Namespace: AWS/Lambda, MetricName: %s}}"
    metrics = f"""\
      Metrics:
      - {{Id: rate, Expression: "IF(FILL(m2, 0) > 0, 100 * m1 / m2, 0)"}}
      - {{Id: m1, ReturnData: false, MetricStat: {stat % "Errors"}}}
      - {{Id: m2, ReturnData: false, MetricStat: {stat % "Invocations"}}}
      Threshold: 5
"""
    head, tail = ALARMS.split("      Namespace")
    write(
        "alarms.yaml",
        f"{head}{metrics}{tail[tail.index('      EvaluationPeriods') :].replace('      Threshold: 100', '')}",
    )
    write("api.yaml", FUNCTION % "api-errors")
    said = ["api.yaml", "--with", "alarms.yaml"]
    ends = {
        points: json.loads(call("run", *said, "--set", f"canary.error_rate={points}").stdout)["final_state"]
        for points in ("+30pp", "+80pp")
    }
    assert ends == {"+30pp": "COMPLETED", "+80pp": "ROLLED_BACK"}  # of a tenth of the traffic: 3 and 8 %


@pytest.mark.parametrize("provider", ["nginx", "skipper"])
def test_a_mean_of_a_provider_is_refused_at_its_line_unless_it_is_bound(call, folder, provider):
    text = CANARY.replace("  targetRef", f"  provider: {provider}\n  targetRef").split("    - {name")[0]
    write("canary.yaml", f"{text}    - {{name: request-duration, interval: 1m, thresholdRange: {{max: 150}}}}\n")
    done = call("run", "canary.yaml")
    assert done.status == 1
    assert (
        f"canary.yaml:14:14: error: request-duration of {provider} is a mean, and a mean is no percentile"
        in done.stderr
    )
    bind = "request-duration=latency_p65,unit=ms,arm=canary"
    assert f"--bind {bind}" in done.stderr
    said = ["canary.yaml", "--bind", bind]
    ends = [
        json.loads(call("run", *said, "--set", f"canary.latency={by}").stdout)["final_state"] for by in ("1.1x", "1.8x")
    ]
    assert ends == ["COMPLETED", "ROLLED_BACK"]  # of a mean of 102 ms: 112 and 183


@pytest.mark.parametrize("command", ["validate", "lint"])
def test_a_folder_brings_what_stands_beside_its_rollouts(call, folder, command):
    """In its own folder a Rollout finds its templates; those of another folder are named by --with, as ever."""
    write("flat/rollout.yaml", ROLLOUT)
    write("flat/errors.yaml", TEMPLATE)
    write("other/errors.yaml", TEMPLATE)
    write("other/deeper/rollout.yaml", ROLLOUT)
    tolerant = ["--fail-on", "error"] if command == "lint" else []
    done = call(command, "flat", *tolerant)
    assert done.status == 0, done.stdout
    assert call(command, "flat/rollout.yaml", *tolerant).status == 1  # a file that is named stands alone
    assert "other/deeper/rollout.yaml" in call(command, "other", *tolerant).stdout
    assert call(command, "other", "--with", "other/errors.yaml", *tolerant).status == 0
    write("flat/errors.yaml", TEMPLATE + "broken: [\n")
    broken = call(command, "flat", *tolerant)
    assert broken.status == 1
    assert "flat/errors.yaml" in broken.stdout
