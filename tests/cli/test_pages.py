"""The pages of `explain`: they fit, and every number, option and command in them is the program's."""

import json
import re

import pytest

from canary_runner import api
from canary_runner.cli.app import COMMANDS, App, app
from canary_runner.cli.commands.explain import TOPICS
from canary_runner.cli.types import MAX_RUN, MAX_SEED
from canary_runner.loading import check_rules, compose, events, expectation_rules, quantities, semantics, source
from canary_runner.scenarios.world import MOST_BURSTY
from tests.cli.conftest import ROOT


@pytest.mark.parametrize("name", TOPICS)
def test_topics_fit_a_terminal(call, name):
    page = call("explain", name).stdout
    assert max(map(len, page.splitlines())) <= 100
    assert "{scenarios}" not in page


def test_scenarios_page_names_every_built_in_one(call):
    page = call("explain", "scenarios").stdout
    assert all(re.search(rf"^  {scenario.name} ", page, re.MULTILINE) for scenario in api.builtin_scenarios())


def options_of_all_commands():
    commands = [App.get_command(app, None, name) for name in COMMANDS]
    return {word for command in (app, *commands) for param in command.params for word in param.opts}


@pytest.mark.parametrize("name", TOPICS)
def test_what_a_page_tells_to_type_is_there(call, name):
    page = call("explain", name).stdout
    assert set(re.findall(r"--[a-z][a-z-]*", page)) <= options_of_all_commands()
    called = re.findall(r"canary-run ([^\s`]+)", page)
    assert all(word in COMMANDS or word.endswith(".yaml") for word in called)


def schema(kind):
    return json.loads((ROOT / f"schema/{kind}.schema.json").read_text())


POLICY, TEST, SCENARIOS = schema("policy"), schema("test"), schema("scenarios")
NAME = r"^[A-Za-z0-9][A-Za-z0-9._ -]{0,63}$(?!\n)"
LIMITS = {
    "a file": f"{source.MAX_BYTES / 2**20:.0f} MiB, UTF-8, one document",
    "nesting": f"{events.MAX_DEPTH} levels",
    "YAML events": f"{events.MAX_EVENTS:,}",
    "nodes, aliases expanded": f"{compose.MAX_EXPANDED_NODES:,}",
    "a text": f"{compose.MAX_SCALAR:,} characters",
    "stages of a policy": f"{POLICY['properties']['stages']['maxItems']}",
    "checks of a stage": f"{check_rules.MAX_CHECKS}",
    "of_last of a tolerance": f"{POLICY['$defs']['tolerance']['properties']['of_last']['maximum']}",
    "analyses of a rollout": f"{semantics.MAX_ANALYSES:,}",
    "tests of a file": f"{expectation_rules.MAX_TESTS:,}",
    "tests x policies x services": f"{expectation_rules.MAX_QUESTIONS:,}",
    "scenarios of a file": f"{expectation_rules.MAX_SCENARIOS}",
    "a name": f"{1 + int(NAME[NAME.index(',') + 1 : NAME.index('}')])} characters: letters, digits, spaces, . _ -",
    "a duration": f"{quantities.MAX_DURATION_S // 86_400}d",
    "a traffic rate": f"{quantities.MAX_RATE_RPS}rps",
    "bursty errors": f"{MOST_BURSTY:,} likely counts of a version in a check interval",
    "a seed": f"0 to {MAX_SEED}",
    "a run": f"0 to {MAX_RUN}",
}


def test_the_limits_page_has_the_numbers_that_are_enforced(call):
    rows = [re.split(r"  +", line.strip(), maxsplit=1) for line in call("explain", "limits").stdout.splitlines()[2:]]
    assert dict(rows) == LIMITS


@pytest.mark.parametrize(
    ("elsewhere", "here"),
    [
        pytest.param(compose.MAX_DEPTH_EXPANDED, events.MAX_DEPTH, id="nesting, aliases expanded"),
        pytest.param(POLICY["$defs"]["checks"]["maxItems"], check_rules.MAX_CHECKS, id="checks in the schema"),
        pytest.param(semantics.MAX_TOTAL_S, quantities.MAX_DURATION_S, id="a rollout is no longer than a duration"),
        pytest.param(TEST["properties"]["tests"]["maxItems"], expectation_rules.MAX_TESTS, id="tests in the schema"),
        pytest.param(TEST["properties"]["scenarios"]["maxProperties"], expectation_rules.MAX_SCENARIOS, id="scenarios"),
        pytest.param(
            SCENARIOS["properties"]["scenarios"]["maxProperties"],
            expectation_rules.MAX_SCENARIOS,
            id="in their own file",
        ),
        *(
            pytest.param(schema(kind)["$defs"]["name"]["pattern"], NAME, id=f"a name in a {kind}")
            for kind in ("policy", "service", "test", "scenarios")
        ),
    ],
)
def test_a_limit_that_stands_in_two_places_is_one_number(elsewhere, here):
    assert elsewhere == here
