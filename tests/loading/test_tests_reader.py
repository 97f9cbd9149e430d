"""A test file read with all that it names, and everything wrong with any of it at once."""

import io
import shutil
from fractions import Fraction
from pathlib import Path

import pytest

from canary_runner.loading import check_file
from canary_runner.loading.builtin_scenarios import BUILTIN_SCENARIOS
from canary_runner.loading.schema import compact
from canary_runner.loading.tests_reader import merged, read_tests
from canary_runner.model.diagnostics import FileReport, UsageError
from canary_runner.model.expectation import Expectation, Side, Unit
from canary_runner.model.scenario import Change, Effect, ErrorRateEffect
from canary_runner.studies.quantities import QUANTITIES, UNASKED

CASES = Path(__file__).parent / "cases"
ROOT = Path(__file__).parents[2]
TEST = (CASES / "test.base").read_text()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder with the three files of the language, in which the test stands."""
    monkeypatch.chdir(tmp_path)
    for kind, name in (("policy", "standard.yaml"), ("service", "checkout.service.yaml"), ("test", "a.test.yaml")):
        shutil.copy(CASES / f"{kind}.base", name)
    return tmp_path


def read(path):
    """Return the tests in a file in which nothing is wrong."""
    found = read_tests(check_file(path, ("test",)))
    assert told(found.reports) == []
    return found.file


def wrong(path):
    """Return what is found about a test file in which something is wrong, and about all that it names."""
    found = read_tests(check_file(path, ("test",)))
    assert found.file is None
    return told(found.reports)


def told(reports):
    """Return findings: file:line:column rule | message | help."""
    lines = []
    for report in reports:
        for finding in report.diagnostics:
            span = report.document.span(finding.at, finding.on_key)
            place = f"{report.document.name}:{span.line}:{span.column}"
            lines.append(f"{place} {finding.rule} | {finding.message} | {finding.help}")
    return lines


def test_the_three_files_of_the_language(folder):
    file = read("a.test.yaml")
    assert file.document.name == "a.test.yaml"
    assert [(one.value.name, one.document.name) for one in file.policies] == [("standard", "standard.yaml")]
    assert [(one.value.name, one.document.name) for one in file.services] == [("checkout", "checkout.service.yaml")]
    healthy, bad = file.cases
    assert (healthy.name, healthy.scenario.name, healthy.approval_delay_s) == (
        "healthy releases go through",
        "healthy",
        0,
    )
    at = ("tests", 0, "expect")
    assert healthy.expectations == (
        Expectation(
            "rollback_probability", Side.AT_MOST, Fraction(1, 100), "1%", (*at, "rollback_probability", "at_most")
        ),
        Expectation(
            "rollout_duration_p95", Side.AT_MOST, Fraction(2_700), "45m", (*at, "rollout_duration_p95", "at_most")
        ),
    )
    assert bad.scenario.name == "bad-deploy"
    assert bad.scenario.canary == Effect(ErrorRateEffect(Change.ADD, Fraction(1, 50)))
    assert [(one.side, one.bound, one.written) for one in bad.expectations] == [
        (Side.AT_LEAST, Fraction(99, 100), "99%"),
        (Side.AT_MOST, Fraction(600), "10m"),
        (Side.AT_MOST, Fraction(150), "150"),
    ]


def test_every_bound_has_its_line(folder):
    file = read("a.test.yaml")
    for case in file.cases:
        for one in case.expectations:
            span = file.document.span(one.route)
            line = file.document.lines[span.line - 1]
            assert line[span.column - 1 : span.end_column - 1] == one.written
            assert one.quantity in line


CHANGES = {
    "  - name: a bad deploy is caught at the first stage\n    scenario: bad-deploy\n": "  - name: b\n",
    "name: healthy releases go through": "name: a\n    set: {canary.error_rate: +1pp, canary.from_traffic_percent: .5}",
    "    scenario: healthy\n": "    scenario: slow-leak\n    approval_after: 30m\n",
    "{at_most: 1%}": "{at_least: 0.05%, at_most: 100%}",
    "{at_most: 150}": "{at_most: 1.5e2, at_least: 0.25}",
    "services: [checkout.service.yaml]\n": "",
}


def test_what_else_a_test_may_say(folder):
    text = TEST
    for old, new in CHANGES.items():
        assert old in text
        text = text.replace(old, new)
    Path("b.test.yaml").write_text(text)
    file = read("b.test.yaml")
    first, second = file.cases
    assert file.services == ()
    assert [(policy.value.name, service, case.name) for policy, service, case in file.questions()] == [
        ("standard", None, "a"),
        ("standard", None, "b"),
    ]
    assert first.approval_delay_s == 1_800
    assert first.scenario.name == "slow-leak + set"
    change = ErrorRateEffect(Change.ADD, Fraction(1, 100))
    assert first.scenario.canary == Effect(change, starting_after_s=720, from_traffic=Fraction(1, 200), ramp_over_s=600)
    assert [(one.side, one.bound, one.written) for one in first.expectations[:2]] == [
        (Side.AT_LEAST, Fraction(1, 2_000), "0.05%"),
        (Side.AT_MOST, Fraction(1), "100%"),
    ]
    assert second.scenario.name == "healthy"
    assert [(one.side, one.bound, one.written) for one in second.expectations[-2:]] == [
        (Side.AT_MOST, Fraction(150), "150"),
        (Side.AT_LEAST, Fraction(1, 4), "0.25"),
    ]


@pytest.mark.parametrize("name", [*BUILTIN_SCENARIOS, "own"])
def test_a_test_may_name_any_scenario_that_there_is(folder, name):
    text = TEST.replace("bad-deploy:     ", "own: ").replace("scenario: bad-deploy", f"scenario: {name}")
    Path("c.test.yaml").write_text(text)
    assert read("c.test.yaml").cases[1].scenario.name == name


def test_every_test_is_asked_of_every_policy_on_every_service(folder):
    for number in (1, 2):
        Path(f"{number}.yaml").write_text(Path("standard.yaml").read_text().replace("standard", f"p{number}"))
        Path(f"{number}.service.yaml").write_text(
            Path("checkout.service.yaml").read_text().replace("checkout", f"s{number}")
        )
    text = TEST.replace("[standard.yaml]", "[1.yaml, 2.yaml]")
    Path("q.test.yaml").write_text(text.replace("[checkout.service.yaml]", "[1.service.yaml, 2.service.yaml]"))
    asked = [
        (policy.value.name, service.value.name, case.name[0])
        for policy, service, case in read("q.test.yaml").questions()
    ]
    assert asked == [(p, s, c) for p in ("p1", "p2") for s in ("s1", "s2") for c in "ha"]


def test_paths_count_from_the_folder_of_the_test_file(folder, monkeypatch):
    Path("tests/deep").mkdir(parents=True)
    text = TEST.replace("[standard.yaml]", f"[../../standard.yaml, {folder}/standard.yaml]")
    Path("tests/deep/a.test.yaml").write_text(text.replace("[checkout", "[../../checkout"))
    file = read("tests/deep/a.test.yaml")
    assert [one.document.name for one in file.policies] == ["tests/deep/../../standard.yaml", f"{folder}/standard.yaml"]
    assert file.services[0].document.name == "tests/deep/../../checkout.service.yaml"


def test_a_test_file_from_standard_input(folder, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TEST.encode())))
    file = read("-")
    assert (file.document.name, file.policies[0].document.name) == ("-", "standard.yaml")


def test_a_file_called_like_standard_input_is_a_file(folder):
    Path("standard.yaml").rename("-")
    Path("d.test.yaml").write_text(TEST.replace("[standard.yaml]", "['-']"))
    assert read("d.test.yaml").policies[0].value.name == "standard"


def test_no_tests_are_no_error(folder):
    Path("e.test.yaml").write_text(TEST[: TEST.index("tests:")] + "tests: []\n")
    assert read("e.test.yaml").cases == ()


FROM_HERE = "a path counts from the folder of this file"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "[standard.yaml]",
            "[standart.yaml]",
            [f'f.test.yaml:2:12 unreadable-file | cannot read "standart.yaml": there is no such file | {FROM_HERE}'],
            id="a policy that is not there",
        ),
        pytest.param(
            "[checkout.service.yaml]",
            "[., checkout.service.yaml]",
            [f'f.test.yaml:3:12 unreadable-file | "." is a folder | {FROM_HERE}'],
            id="a folder",
        ),
        pytest.param(
            "[standard.yaml]",
            '["a\\0b", standard.yaml]',
            ["f.test.yaml:2:12 control-character | U+0000 must not stand in a text | leave the escape out"],
            id="no file name",
        ),
        pytest.param(
            "[standard.yaml]",
            "[f.test.yaml, ./f.test.yaml]",
            [
                'f.test.yaml:2:12 wrong-kind | "f.test.yaml": this is a test file, and a policy file is wanted | '
                "name a policy file here",
                'f.test.yaml:2:25 duplicate-name | the file "./f.test.yaml" is named twice | leave one of them out',
            ],
            id="twice what is wrong",
        ),
        pytest.param(
            "[standard.yaml]",
            "[standard.yaml, checkout.service.yaml]",
            [
                'f.test.yaml:2:27 wrong-kind | "checkout.service.yaml": this is a service file, and a policy file is '
                "wanted | name a policy file here"
            ],
            id="a service among the policies",
        ),
        pytest.param(
            "[checkout.service.yaml]",
            "[f.test.yaml]",
            [
                'f.test.yaml:3:12 wrong-kind | "f.test.yaml": this is a test file, and a service file is wanted | '
                "name a service file here"
            ],
            id="itself",
        ),
        pytest.param(
            "policies: [standard.yaml]",
            "policies: 5",
            ["f.test.yaml:2:11 wrong-type | policies is the number 5, not a list | write a list: [a, b], or lines that "
             "begin with -"],
            id="no list",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_what_a_test_file_names(folder, old, new, expected):
    assert old in TEST
    Path("f.test.yaml").write_text(TEST.replace(old, new))
    assert wrong("f.test.yaml") == expected


def test_all_findings_about_all_files_are_told_at_once(folder):
    for name, old, new in (
        ("standard.yaml", "max: 500ms", "max: 500"),
        ("checkout.service.yaml", "120rps", "120"),
        ("a.test.yaml", "at_most: 45m", "at_most: 45"),
        ("a.test.yaml", "[standard.yaml]", "[gone.yaml, standard.yaml]"),
    ):
        Path(name).write_text(Path(name).read_text().replace(old, new))
    assert [line.split(" | ")[0] for line in wrong("a.test.yaml")] == [
        "a.test.yaml:2:12 unreadable-file",
        "a.test.yaml:15:39 unit-missing",
        "standard.yaml:18:12 unit-missing",
        "checkout.service.yaml:3:17 unit-missing",
    ]


def test_a_test_file_that_is_not_there_is_a_wrong_call(folder):
    with pytest.raises(UsageError, match="there is no such file"):
        read("gone.test.yaml")


def test_the_words_of_a_test_file_are_the_quantities_of_a_study():
    (test,) = [compact("test")["properties"]["tests"]["items"]]
    bounds = test["properties"]["expect"]["properties"]
    assert set(bounds) == set(QUANTITIES) - UNASKED
    for name, bound in bounds.items():
        for side in Side:
            unit = Expectation(name, side, Fraction(0)).unit
            assert bound["properties"][side.value]["title"] == unit.value, name
            assert (unit is Unit.RATE) == QUANTITIES[name].is_chance, name


def test_the_test_file_of_init_reads_without_errors(folder):
    for name in ("standard.yaml", "checkout.service.yaml"):
        shutil.copy(ROOT / "policies" / name, name)
    shutil.copy(ROOT / "canary_runner" / "cli" / "starter" / "standard.test.yaml", "g.test.yaml")
    assert len(read("g.test.yaml").cases) == 2


def test_more_questions_than_anybody_waits_for(folder):
    tests = "".join(f"  - {{name: t{i}, expect: {{rollback_probability: {{at_most: 1%}}}}}}\n" for i in range(1_000))
    names = ", ".join(f"{i}.yaml" for i in range(11))
    Path("h.test.yaml").write_text(f"schema: canary-runner/test/v1\npolicies: [{names}]\ntests:\n{tests}")
    assert wrong("h.test.yaml")[-1] == (
        "h.test.yaml:3:1 too-large | 1,000 tests of 11 policies on 0 services are 11,000, above 10,000 | split the file"
    )


def test_a_file_is_told_once_whoever_names_it(folder):
    Path("standard.yaml").write_text(Path("standard.yaml").read_text().replace("max: 500ms", "max: 500"))
    one, named = read_tests(check_file("a.test.yaml")).reports[:2]
    again = FileReport(named.document, named.diagnostics)
    assert merged([named, one, again]) == (named, one)


@pytest.mark.parametrize("schema", ["canary-runner/test/v2", "canary-runner/policy/v1"])
def test_what_a_file_of_another_kind_names_is_not_read(folder, schema):
    Path("i.test.yaml").write_text(TEST.replace("canary-runner/test/v1", schema).replace("[standard", "[gone"))
    (finding,) = wrong("i.test.yaml")
    assert finding.startswith("i.test.yaml:1:9 ")
