"""Laws of lint over generated Canaries of Flagger and Rollouts of Argo, and of the course that a machine takes."""

from fractions import Fraction

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canary_runner.linting.linter import lint_manifest
from canary_runner.linting.manifests import ManifestFacts
from canary_runner.linting.rules import OF_MANIFESTS
from canary_runner.loading.foreign_policies import read_foreign
from canary_runner.model.outcomes import State
from tests.builders import service
from tests.linting.manifest_cases import MANIFESTS

LAW = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
"""`derandomize` fixes the manifests; 600 of each were tried too."""

SERVICES = st.builds(
    service,
    rate_rps=st.sampled_from([Fraction(1, 20), Fraction(3), Fraction(100)]),
    error_rate=st.sampled_from([Fraction(0), Fraction(1, 1000), Fraction(1, 20)]),
)
SECONDS = st.sampled_from([10, 15, 30, 60, 120, 300])


@st.composite
def canaries(draw):
    """Draw a Canary: any weights, thresholds, windows and bounds."""
    (base,) = yaml.safe_load_all((MANIFESTS / "flagger.base").read_text())
    analysis = base["spec"]["analysis"]
    analysis.update(interval=f"{draw(SECONDS)}s", threshold=draw(st.integers(0, 4)))
    if draw(st.booleans()):
        del analysis["maxWeight"], analysis["stepWeight"]
        analysis["stepWeights"] = draw(st.lists(st.integers(0, 100), min_size=1, max_size=6))
    else:
        analysis.update(maxWeight=draw(st.integers(0, 100)), stepWeight=draw(st.integers(1, 60)))
    base["spec"]["provider"] = draw(st.sampled_from(["istio", "kubernetes"]))
    for metric, bound in zip(analysis["metrics"], ("min", "max"), strict=True):
        metric["interval"] = f"{draw(SECONDS)}s"
        metric["thresholdRange"] = {bound: draw(st.sampled_from([0, 0.5, 0.99, 50, 99, 500]))}
    return base


@st.composite
def rollouts(draw):
    """Draw a Rollout with a template: any weights, pauses, counts, limits and conditions."""
    base, template = yaml.safe_load_all((MANIFESTS / "argo.base").read_text())
    canary = base["spec"]["strategy"]["canary"]
    base["spec"]["replicas"] = draw(st.integers(0, 12))
    if draw(st.booleans()):
        del canary["trafficRouting"]
    pauses = st.one_of(st.just({}), st.builds(lambda s: {"duration": s}, SECONDS))
    steps = st.one_of(
        st.builds(lambda weight: {"setWeight": weight}, st.integers(0, 100)), st.builds(lambda p: {"pause": p}, pauses)
    )
    canary["steps"] = draw(st.lists(steps, min_size=1, max_size=7))
    canary["analysis"]["startingStep"] = draw(st.integers(0, 8))
    metric = template["spec"]["metrics"][0]
    metric.update(interval=f"{draw(SECONDS)}s", failureLimit=draw(st.integers(0, 3)))
    if draw(st.booleans()):
        metric["count"] = draw(st.integers(4, 9))
    if draw(st.booleans()):
        metric["initialDelay"] = f"{draw(SECONDS)}s"
    del metric["successCondition"]
    bound = draw(st.sampled_from(["0.01", "0.5", "5", "95"]))
    key, sign = draw(
        st.sampled_from([("successCondition", "<="), ("failureCondition", ">"), ("successCondition", ">=")])
    )
    guard = draw(st.sampled_from(["", "len(result) == 0 || ", "isNaN(result[0]) || "]))
    metric[key] = f"{guard}result[0] {sign} {bound}"
    return base, template


def read(*objects):
    foreign = read_foreign("f", yaml.safe_dump_all(objects, sort_keys=False).encode())
    assert foreign.report.is_valid, foreign.report.diagnostics
    return foreign


def hold(foreign, normal):
    """Lint twice: the same findings, each once at its place, each of a line of the file."""
    document = foreign.report.document
    findings, again = (lint_manifest(foreign.policies, document, normal, OF_MANIFESTS) for _ in range(2))
    assert findings == again
    assert len({(one.rule, one.at) for one in findings}) == len(findings)
    for one in findings:
        assert document.span(one.at) != document.span(())
        assert any(character.isdigit() for character in one.message)
    return {one.rule for one in findings}


@LAW
@given(canaries(), SERVICES)
def test_lint_of_canaries_never_raises_nor_contradicts_itself(canary, normal):
    foreign = read(canary)
    found = hold(foreign, normal)
    (policy,) = foreign.policies
    spec, course = policy.spec.spec, ManifestFacts(policy, foreign.report.document, normal).course()
    assert ("stuck-weight-list" in found) == (course.state is State.PAUSED)
    grows = spec.step_weights and all(a < b for a, b in zip((0, *spec.step_weights), spec.step_weights, strict=False))
    if grows or spec.provider == "kubernetes" or spec.step_weight > 0:
        assert "stuck-weight-list" not in found


@LAW
@given(canaries())
def test_a_passing_canary_of_flagger_takes_as_many_ticks_as_upstream(canary):
    """N weights: detection, N steps, promotion, the way back, the end: N + 3 intervals after detection."""
    foreign = read(canary)
    (policy,) = foreign.policies
    spec, course = policy.spec.spec, ManifestFacts(policy, foreign.report.document, service()).course()
    if not course.is_stuck and spec.provider == "istio":
        assert course.ends_s == (len(course.glances) + 3) * spec.tick_s
        assert course.state is State.COMPLETED


@LAW
@given(rollouts(), SERVICES)
def test_lint_of_rollouts_never_raises_nor_contradicts_itself(objects, normal):
    hold(read(*objects), normal)
