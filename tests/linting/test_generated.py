"""Laws of lint over generated valid policies of one to four stages, on services of all kinds."""

from fractions import Fraction as F

import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from canary_runner.linting.linter import lint
from canary_runner.linting.rules import RULES
from canary_runner.loading import check_bytes, policy_in
from canary_runner.model.service import Arrivals
from tests.builders import service
from tests.linting.lint_cases import advices, followed, stage_of

EXAMPLES = 30
"""Policies of each law; `derandomize` fixes which."""

EXCLUSIVE = [
    {"minimum-out-of-reach", "pauses-healthy-releases"},
    {"minimum-out-of-reach", "blind-stage"},
    {"minimum-out-of-reach", "stage-adds-no-detection"},
    {"no-baseline-comparison", "only-baseline-comparison"},
    {"traffic-looks-like-a-fraction", "first-stage-too-large"},
]
"""Rules that contradict each other if both are said of one stage, or of a policy that names none."""

EXCLUSIVE_HERE = [{"limit-below-normal", "limit-at-normal"}, {"limit-below-normal", "alarms-when-healthy"}]
"""Rules that contradict each other if both are said of one limit."""


TOLERANCES = [{"consecutive_failures": n} for n in (1, 2, 3)] + [{"total_failures": 2}, {"failures": 2, "of_last": 3}]


def some(draw, mapping):
    """Draw a value for every key; None leaves it out."""
    drawn = {key: draw(st.sampled_from(values)) for key, values in mapping.items()}
    return {key: value for key, value in drawn.items() if value is not None}


@st.composite
def checks(draw):
    errors = some(
        draw,
        {
            "max": [None, "0%", "0.1%", "0.5%", "1%", "5%"],
            "max_over_baseline": [None, "0.1pp", "0.5pp", "2pp", "1.5x", "3x"],
            "confidence": [None, None, "95%"],
        },
    )
    slow = some(
        draw,
        {
            "max": [None, "200ms", "300ms", "500ms", "900ms"],
            "max_over_baseline": [None, None, "1.2x", "+50ms", "+600ms"],
        },
    )
    percentile = draw(st.sampled_from(["latency_p50", "latency_p95", "latency_p99"]))
    return [{"metric": "error_rate", **errors}, {"metric": percentile, **slow}]


@st.composite
def policies(draw):
    """Return a valid policy's report."""
    every = draw(st.sampled_from([1, 2, 5, 10]))
    percents = sorted(draw(st.sets(st.sampled_from([1, 2, 5, 10, 25, 50, 75, 98, 100]), min_size=1, max_size=4)))
    defaults = {
        "duration": f"{every * draw(st.integers(1, 6))}m",
        "check_every": f"{every}m",
        "window": draw(st.sampled_from(["since_last_check"] * 3 + ["stage", f"{2 * every}m"])),
        "min_canary_requests": draw(st.sampled_from([1, 50, 300, 1000])),
        "rollback_after": draw(
            st.sampled_from(
                [{"consecutive_failures": n} for n in (1, 2, 3)]
                + [{"total_failures": 2}, {"failures": 2, "of_last": 3}]
            )
        ),
        "on_inconclusive": draw(st.sampled_from(["pause", "extend", "promote", "rollback"])),
        "checks": draw(checks()),
    }
    stages = [{"name": f"s{percent}", "traffic_percent": percent} for percent in percents]
    for stage in stages:
        stage |= some(
            draw, {"then": [None, None, None, "wait_for_approval"], "duration": [None, None, f"{every * 8}m"]}
        )
        if draw(st.integers(0, 3)) == 0:
            stage["checks"] = draw(checks())
    head = {"schema": "canary-runner/policy/v1", "name": "generated", "defaults": defaults, "stages": stages}
    report = check_bytes("f", yaml.safe_dump(head, sort_keys=False).encode())
    assume(not report.diagnostics)
    return report


SERVICES = st.builds(
    service,
    rate_rps=st.sampled_from([F(2), F(30), F(100)]),
    error_rate=st.sampled_from([F(0), F(1, 1000), F(1, 100)]),
    arrivals=st.sampled_from(Arrivals),
    daily_swing=st.sampled_from([F(0), F(0), F(1, 3)]),
)
LAW = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


def found_in(report, normal):
    return lint(policy_in(report), report.document, normal, RULES)


@LAW
@given(policies(), SERVICES)
def test_lint_never_raises_nor_contradicts_itself(report, normal):
    findings = found_in(report, normal)
    assert findings == found_in(report, normal)
    for place, exclusive in ((stage_of, EXCLUSIVE), (lambda one: one.at, EXCLUSIVE_HERE)):
        said = {}
        for one in findings:
            said.setdefault(place(one), set()).add(one.rule)
        assert not [pair for rules in said.values() for pair in exclusive if pair <= rules]
    # of one place and one rule there is one finding
    assert len({(one.rule, one.at) for one in findings}) == len(findings)


@LAW
@given(policies(), SERVICES)
def test_who_follows_a_help_line_has_the_finding_no_longer(report, normal):
    for finding in found_in(report, normal):
        for advice in advices(finding.help):
            mended = followed(report.document, finding, advice)
            assert [one.message for one in mended.diagnostics] == [], (finding.rule, advice)
            again = lint(policy_in(mended), mended.document, normal, [finding.rule])
            places = [(one.at, stage_of(one)) for one in again]
            assert (finding.at, stage_of(finding)) not in places, (finding.rule, finding.message, advice)
