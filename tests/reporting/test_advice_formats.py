"""`lint` for other programs: every format is what its readers take, whatever stands in files, names and messages."""

import json
import re
import string
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft202012Validator
from markdown_it import MarkdownIt

from canary_runner.loading import check_bytes
from canary_runner.model.diagnostics import Diagnostic, Document, FileReport, Related, Severity, Span
from canary_runner.model.shown import shown
from canary_runner.reporting.advice import advice_json
from canary_runner.reporting.advice_ci import MOST_BYTES, advice_github, advice_junit, advice_markdown
from canary_runner.reporting.annotations import Annotation, annotations
from canary_runner.reporting.code_quality import advice_gitlab
from canary_runner.reporting.found import found_in, project_path, weightiest_first
from canary_runner.reporting.junit import Case, junit
from canary_runner.reporting.markdown import cell, row
from canary_runner.reporting.sarif import RulePage, advice_sarif
from tests.reporting.examples import broken_report, document, valid_report
from tests.reporting.sarif_subset import SUBSET

PAGES = {"not-increasing": RulePage("Traffic grows.\n\n**Why.** Else {nothing}."), "blind-stage": RulePage("Blind.")}
FAILING = (Severity.ERROR, Severity.WARNING)
REPORTS = (broken_report(), valid_report())
CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "not": {"pattern": "^[.]/"}},
                    "lines": {"properties": {"begin": {"type": "integer", "minimum": 1}}, "required": ["begin"]},
                },
            },
        },
    },
}
"""What GitLab's documentation says of a code quality report."""


def sarif(*reports):
    found = json.loads(advice_sarif(reports, PAGES, "/work"))
    Draft202012Validator(SUBSET).validate(found)
    return found["runs"][0]


def code_quality(*reports):
    found = json.loads(advice_gitlab(reports, "/work"))
    Draft202012Validator(CODE_QUALITY).validate(found)
    return found


FORMATS = {
    "sarif": lambda reports: advice_sarif(reports, PAGES, "/work"),
    "gitlab.json": lambda reports: advice_gitlab(reports, "/work"),
    "junit.xml": lambda reports: advice_junit(reports, FAILING),
    "md": lambda reports: advice_markdown(reports, None, "/work"),
    "github.txt": lambda reports: advice_github(reports, "/work"),
}


@pytest.mark.parametrize("name", list(FORMATS))
def test_whole_outputs(golden, name):
    golden(f"advice.{name}", FORMATS[name](REPORTS))


def test_the_official_sarif_schema(request):
    """Only where it is given: `pytest --sarif-schema FILE`."""
    path = request.config.getoption("--sarif-schema")
    if path is None:
        pytest.skip("no --sarif-schema FILE is given")
    schema = json.loads(Path(path).read_text(encoding="utf-8"))
    validator = Draft4Validator(schema, format_checker=Draft4Validator.FORMAT_CHECKER)
    validator.validate(json.loads(FORMATS["sarif"](REPORTS)))
    validator.validate(json.loads(FORMATS["sarif"]([])))


# What files, names and messages may hold, and must not break.

EVIL = st.one_of(
    st.text(st.characters(exclude_categories=[]), max_size=12),
    st.lists(
        st.sampled_from(
            ["\n", "\r", "\r\n", "::error::", "##[error]", "%0A", "%", "|", "\\", "]]>", "<b>", "</failure>", "&lt;",
             "`", "```", "[a](http://b)", "](", "{0}", "}", "\x1b[31m", "\x00", "\ufffe", "\ud800", "\u2028",
             "\U0001f600", "<!--", "<script>", "*", "_", "'", '"', ",", ":", "a", " ", "~~"]
        ), max_size=8,
    ).map("".join),
)  # fmt: skip
NAMES = EVIL.map(
    lambda text: text.encode("utf-8", "surrogatepass").replace(b"\0", b"").decode("utf-8", "surrogateescape")
)
"""What the names of files can be: any bytes but zeros."""
RELATED = st.lists(EVIL.filter(bool).map(lambda text: Related(Span(1, 1, 1, 2), text)), max_size=2).map(tuple)


@st.composite
def reports(draw):
    """Return a report of which everything that is text is hostile."""
    line = draw(EVIL)
    column = draw(st.integers(1, 40))
    findings = draw(
        st.lists(
            st.builds(
                Diagnostic, st.just("blind-stage"), st.sampled_from(Severity),
                st.one_of(st.just(Span(1, column, 1, column + 1)), EVIL.map(lambda step: ("stages", 0, step))),
                EVIL.filter(bool), EVIL, st.booleans(), RELATED,
            ), max_size=4,
        )
    )  # fmt: skip
    data = {"stages": [{"name": draw(EVIL)}]}
    return FileReport(Document(draw(NAMES.filter(bool)), (line,), data), tuple(findings))


@given(reports())
def test_sarif_is_valid_whatever_files_hold(report):
    run = sarif(report)
    assert len(run["results"]) == len(report.diagnostics)
    for result in run["results"]:
        texts = [result["message"]["text"], *(one["message"]["text"] for one in result.get("relatedLocations", []))]
        for text in texts:
            assert not re.search(r"(?<!\{)(?:\{\{)*\{(?!\{)", text)  # no placeholder
            assert "](" not in text  # no link
            assert "\x1b" not in text


@given(reports())
def test_code_quality_is_valid_whatever_files_hold(report):
    found = code_quality(report)
    assert len({one["fingerprint"] for one in found}) == len(report.diagnostics)


@given(reports())
def test_junit_is_well_formed_whatever_files_hold(report):
    suite = ET.fromstring(advice_junit([report], FAILING))[0]
    failed = [one for one in report.diagnostics if one.severity in FAILING]
    assert len(suite) == max(len(report.diagnostics), 1) == int(suite.get("tests"))
    assert len(suite.findall("testcase/failure")) == len(failed) == int(suite.get("failures"))
    assert {one.tag for one in suite.iter()} <= {"testsuite", "testcase", "failure", "system-out"}


@given(EVIL, EVIL, EVIL, st.sampled_from(["passed", "failure", "error"]))
@example("a", "\x00", "]]>\x1b\ufffe\n\ud800", "failure")
def test_cases_are_well_formed_whatever_they_say(about, message, text, outcome):
    (suite,) = ET.fromstring(junit([(about, [Case(about, message, outcome, message, text)])]))
    assert {one.tag for one in suite.iter()} <= {"testsuite", "testcase", "failure", "error", "system-out"}
    assert (suite.get("failures"), suite.get("errors")) == (
        str(int(outcome == "failure")),
        str(int(outcome == "error")),
    )


@given(reports())
@example(FileReport(Document("a,b:c%d\n::e::", ("",)), (Diagnostic("r", Severity.NOTE, (), "%\n::x::"),)))
def test_annotations_are_one_command_a_line_whatever_files_hold(report):
    text = advice_github([report], "/work")
    lines = text.split("\n")[:-1]
    assert len(lines) == min(len(report.diagnostics), len(lines))
    for line in lines:
        command = re.fullmatch(r"::(error|warning|notice)(?: ([^:\r]*))?::([^\r\n]*)", line)
        assert command, line
        if command[2]:
            assert [one.partition("=")[0] for one in command[2].split(",")] == [
                "file", "line", "endLine", "col", "endColumn", "title",
            ]  # fmt: skip
        assert not re.search("%(?!25|0A|0D|3A|2C)", command[3] + (command[2] or ""))


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found, self.cells, self.comments, self.is_in_cell = set(), [], 0, False

    def handle_starttag(self, tag, attributes):
        self.found.add(tag)
        if tag == "td":
            self.cells.append("")
            self.is_in_cell = True

    def handle_endtag(self, tag):
        self.is_in_cell &= tag != "td"

    def handle_comment(self, data):
        self.comments += 1

    def handle_data(self, data):
        if self.is_in_cell:
            self.cells[-1] += data


def rendered(markdown):
    """Return the tags and cells that a reader of markdown with tables makes, HTML allowed."""
    tags = Tags()
    tags.feed(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown))
    return tags


@given(reports())
@example(FileReport(Document("a|b`c", ("",)), (Diagnostic("r", Severity.NOTE, (), "\\|`x|\\", "<b>\\"),)))
def test_markdown_is_one_table_of_plain_cells_whatever_files_hold(report):
    tags = rendered(advice_markdown([report], None, "/work"))
    assert tags.found <= {"h3", "p", "table", "thead", "tbody", "tr", "th", "td"}
    assert tags.comments == 0
    found = weightiest_first(found_in(report))
    wanted = [
        text
        for one in found
        for text in (one.severity.value, f"{shown(project_path(one.document.name, '/work'), 1000)}:{one.span.line}",
                     one.message, one.help, one.rule)
    ]  # fmt: skip
    assert [" ".join(one.split()) for one in tags.cells] == [" ".join(text.split()) for text in wanted]


def test_a_line_end_ends_no_cell():
    assert cell("a\nb |\r\n c") == "a b \\| c"


@given(st.text(string.punctuation + "aZ1\u00e9\u65e5", max_size=20))
def test_a_cell_shows_its_text(text):
    tags = rendered(f"| a | b |\n|---|---|\n{row((text, 'end'))}\n")
    assert [one.strip() for one in tags.cells] == [text, "end"]


def test_a_summary_stays_below_what_is_shown():
    many = tuple(Diagnostic("blind-stage", Severity.NOTE, Span(n, 1, n, 2), "|" * 900) for n in range(1, 1000))
    text = advice_markdown([FileReport(document("a"), many)], None, "/work")
    rows = text.count("| note |")
    assert len(text.encode()) < MOST_BYTES + 1000
    assert f"\n{999 - rows} more findings\n" in text


@pytest.mark.parametrize(
    ("errors", "notices", "kinds", "rest"),
    [
        (3, 0, [3, 0], None),
        (10, 10, [10, 10], None),
        (11, 0, [10, 1], "1 more"),
        (11, 10, [10, 10], "2 more"),
        (0, 11, [0, 10], "2 more"),
    ],
)
def test_annotations_are_at_most_ten_of_a_kind(errors, notices, kinds, rest):
    wanted = [Annotation("error", "x")] * errors + [Annotation("notice", "y")] * notices
    lines = annotations(wanted, "more").splitlines()
    assert [sum(line.startswith(f"::{kind}") for line in lines) for kind in ("error", "notice")] == kinds
    assert (lines[-1] == f"::notice::{rest}") == (rest is not None)


# Places.

TEXT = """\
schema: canary-runner/policy/v1
name: fast
defaults: {check_every: 1m, duration: 10m}
stages:
  - name: canary
    traffic_percent: 10
    checks: [{metric: error_rate, max: 0.01}, {metric: latency_p99, max: 500ms}]
  - name: rest
    traffic_percent: 60
    checks: [{metric: error_rate, max: 1%}, {metric: latency_p99, max: 500}]
"""


def fingerprints(text):
    return {one.place: one.fingerprint for one in found_in(check_bytes("f", text.encode()))}


def test_places_are_told_by_names():
    assert list(fingerprints(TEXT)) == ["stages[canary].checks[error_rate].max", "stages[rest].checks[latency_p99].max"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("name: fast\n", "# why\n\nname: fast\n", id="lines above"),
        pytest.param(
            "  - name: canary", "  - {name: first, traffic_percent: 1}\n  - name: canary", id="a stage before"
        ),
        pytest.param("checks: [{metric: e", "checks:  [{metric: e", id="other findings move on their line"),
    ],
)
def test_fingerprints_survive_moved_lines(old, new):
    before, after = fingerprints(TEXT), fingerprints(TEXT.replace(old, new, 1))
    place = "stages[rest].checks[latency_p99].max"
    assert before[place] == after[place]


def test_a_fingerprint_is_of_what_stands_there():
    assert fingerprints(TEXT)["stages[rest].checks[latency_p99].max"] not in set(
        fingerprints(TEXT.replace("max: 500}", "max: 501}")).values()
    )


def test_like_findings_have_their_own_fingerprints():
    same = Diagnostic("yaml-syntax", Severity.ERROR, Span(1, 1, 1, 2), "x")
    run = sarif(FileReport(document("a", "a"), (same, same)))
    assert len({one["partialFingerprints"]["canaryRunner/v1"] for one in run["results"]}) == 2


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("policies/a.yaml", "policies/a.yaml"),
        ("./policies//a.yaml", "policies/a.yaml"),
        ("/work/policies/a.yaml", "policies/a.yaml"),
        ("/else/a.yaml", "/else/a.yaml"),
        ("/workshop/a.yaml", "/workshop/a.yaml"),
        ("../a.yaml", "../a.yaml"),
        ("-", "-"),
    ],
)
def test_paths_count_from_the_project(name, path):
    assert project_path(name, "/work") == path


@pytest.mark.parametrize(
    ("name", "uri", "base"),
    [
        ("a b/ü%.yaml", "a%20b/%C3%BC%25.yaml", "%SRCROOT%"),
        ("\udcff.yaml", "%FF.yaml", "%SRCROOT%"),
        ("/else/a.yaml", "file:///else/a.yaml", None),
    ],
)
def test_uris(name, uri, base):
    run = sarif(FileReport(document("a", name=name), (Diagnostic("blind-stage", Severity.NOTE, (), "x"),)))
    place = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert (place["uri"], place.get("uriBaseId")) == (uri, base)


def test_columns_are_utf16_code_units():
    line = "\U0001f600: \U0001f600x"
    found = Diagnostic("blind-stage", Severity.NOTE, Span(1, 4, 1, 6), "x")
    region = sarif(FileReport(document(line), (found,)))["results"][0]["locations"][0]["physicalLocation"]["region"]
    cut = line.encode("utf-16-le")[2 * region["startColumn"] - 2 : 2 * region["endColumn"] - 2]
    assert cut.decode("utf-16-le") == "\U0001f600x"


def test_severities():
    each = tuple(Diagnostic("blind-stage", one, Span(1, 1, 1, 2), one.value) for one in Severity)
    report = FileReport(document("a"), each)
    assert [one["level"] for one in sarif(report)["results"]] == ["error", "warning", "note"]
    assert [one["severity"] for one in code_quality(report)] == ["critical", "major", "info"]
    assert [one.split()[0] for one in advice_github([report], "/work").splitlines()] == [
        "::error", "::warning", "::notice",
    ]  # fmt: skip
    suite = ET.fromstring(advice_junit([report], FAILING))[0]
    assert [one[0].tag for one in suite] == ["failure", "failure", "system-out"]


def test_a_clean_file_is_a_case_that_passes():
    suite = ET.fromstring(advice_junit([valid_report("a.yaml")], FAILING))[0]
    assert [(one.get("name"), len(one)) for one in suite] == [("no finding", 0)]


@given(reports())
def test_json_is_valid_whatever_files_hold(report):
    from canary_runner.cli.commands.schema import bundled

    Draft202012Validator(json.loads(bundled("diagnostics"))).validate(json.loads(advice_json([report], None)))
