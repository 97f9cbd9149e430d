"""The timeline: which analyses a person is told, in which words, and that it fits every terminal."""

from dataclasses import replace
from fractions import Fraction

import pytest

from canary_runner.engines.sentences import evidence_words
from canary_runner.model.outcomes import Decision, Outcome, State
from canary_runner.model.policy import FailuresOfLast, OnInconclusive, TotalFailures
from canary_runner.model.results import Evidence, Unread
from canary_runner.reporting.cells import width
from canary_runner.reporting.highlights import highlights
from canary_runner.reporting.look import Look
from canary_runner.reporting.run_text import run_text
from canary_runner.reporting.timeline import MOST_ROWS, timeline
from tests.builders import builtin, plan, policy, service, shipped, stage, told
from tests.reporting import examples

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
NAMES = list(examples.RESULTS)


def run(scenario, name="standard", seed=1):
    return told(plan(shipped(name), service(), builtin(scenario), approval_delay_s=0), seed)


def events(result, cells=80):
    """Return the lines of the table."""
    return timeline(result, Look(width=cells)).split("\n\n")[1].splitlines()[1:]


def watched(outcomes, counters, decisions=None):
    """Return a result of one stage of three analyses within its duration, with these outcomes of one check."""
    letters = {"P": P, "F": F, "U": U}
    made = [
        replace(
            examples.analysis(
                120 * number, number, examples.arm(1_000 if letter != "U" else 100, 30 if letter == "F" else 1)
            ),
            outcomes=(("error_rate", letters[letter]),),
            failures=(("error_rate", f"{counter} failures in a row"),),
            decision=(decisions or {}).get(number, Decision.HOLD),
        )
        for number, (letter, counter) in enumerate(zip(outcomes, counters.split(", "), strict=True), 1)
    ]
    return replace(examples.completed(), analyses=tuple(made))


@pytest.mark.parametrize(
    ("outcomes", "counters", "told_of"),
    [
        pytest.param("PPP", "0 of 2, 0 of 2, 0 of 2", [], id="passes are counted, not told"),
        pytest.param("PFP", "0 of 2, 1 of 2, 0 of 2", [2, 3], id="a failure, and the pass that resets its counter"),
        pytest.param("FUP", "1 of 3, 1 of 3, 0 of 3", [1, 2, 3], id="with something unread between them"),
        pytest.param("FPP", "1 of 3, 1 of 3, 1 of 3", [1], id="a total never falls"),
        pytest.param("UUU", "0 of 2, 0 of 2, 0 of 2", [1], id="the first that could not be read"),
        pytest.param("PUU", "0 of 2, 0 of 2, 0 of 2", [2], id="wherever it is"),
    ],
)
def test_news(outcomes, counters, told_of):
    assert [one.analysis.number for one in highlights(watched(outcomes, counters))] == told_of


@pytest.mark.parametrize(
    ("decision", "told_of"), [(Decision.HOLD, [1, 5]), (Decision.PAUSE, [1, 5]), (Decision.ADVANCE, [1])]
)
def test_the_end_of_the_duration_is_told_where_the_stage_does_not_end(decision, told_of):
    found = list(highlights(watched("UUUUUU", ", ".join(["0 of 2"] * 6), {5: decision})))
    assert [one.analysis.number for one in found] == told_of
    assert [one.extends for one in found] == [one.analysis.number == 5 and decision is Decision.HOLD for one in found]


def test_a_paused_rollout_extends_nothing():
    one = watched("UUUUU", ", ".join(["0 of 2"] * 5))
    paused = replace(one, analyses=tuple(replace(a, state=State.PAUSED) for a in one.analyses))
    assert [told.extends for told in highlights(paused)] == [False]


def test_every_stage_has_its_own_first():
    stages = [stage(name, share, min_canary_requests=10**6, on_inconclusive=OnInconclusive.PROMOTE)
              for name, share in (("a", 10), ("b", 20))]  # fmt: skip
    result = told(plan(policy(*stages)), 1)
    assert [(one.analysis.stage, one.analysis.number) for one in highlights(result)] == [("a", 1), ("b", 1)]


@pytest.mark.parametrize("tolerance", [FailuresOfLast(3, 3), TotalFailures(99)])
def test_counters_of_the_engine(tolerance):
    """A pass is news where a failure leaves the last three, and never where all failures of a stage count."""
    flaky = stage("a", 50, duration_s=120 * 40, rollback_after=tolerance, checks=shipped("standard").stages[2].checks)
    result = told(plan(policy(flaky), service(error_rate=Fraction(8, 1000))), 5)
    recovered = [one for one in highlights(result) if one.recovered]
    assert bool(recovered) is isinstance(tolerance, FailuresOfLast)


def test_a_bad_deploy_at_80_cells():
    assert events(run("bad-deploy")) == [
        "   0s  ⟳ canary           10%                              started",
        "   2m  ✖ error_rate       10%  2.2% / 0.073%  400 / 400ms",
        "         1 of 2: 2.18% > 1%, 2.1pp > 0.5pp",
        "   4m  ✖ error_rate       10%    2% / 0.065%  425 / 377ms",
        "         2 of 2: 2% > 1%, 1.93pp > 0.5pp",
        "   4m  ✖ ROLLED_BACK       0%",
    ]


def test_a_bad_deploy_at_120_cells():
    assert events(run("bad-deploy"), 120)[1] == (
        "   2m  ✖ error_rate       10%  2.2% / 0.073%  400 / 400ms  1 of 2: 2.18% > 1%, 2.1pp > 0.5pp"
    )


def test_a_slow_leak_recovers_and_is_held():
    lines = events(run("slow-leak", seed=2))
    assert lines[4].endswith("✔ error_rate       25%  0.56% / 0.13%  400 / 400ms  back to 0 of 2")
    assert lines[6:8] == ["         1 of 2: 1.08% > 1%, 0.975pp > 0.5pp", "         planned end: at most 10m more"]


def test_several_checks_are_told_by_name():
    lines = events(run("slow-path", "conservative", seed=11))
    assert lines[1].startswith("  10m  ✖ latency_p99 +1 ")
    assert lines[2:4] == ["         latency_p99 1 of 2: 607ms > 500ms", "         latency_p95 1 of 2: 1.46x > 1.25x"]
    assert lines[5:7] == ["         latency_p95 2 of 2: 1.37x > 1.25x", "         latency_p99 back to 0 of 2"]


def test_a_silent_canary_has_no_data_rather_than_too_little():
    result = run("no-metrics")
    why = "         no data from the canary (0 of 300 requests)"
    assert [line for line in events(result) if line.startswith(" " * 9)] == [
        why, why, "         planned end: at most 10m more", why,
    ]  # fmt: skip
    assert result.reason.text == (
        "inconclusive: error_rate, latency_p99, latency_p95: no data from the canary (0 of 300 requests)"
    )


def test_a_quiet_service_says_how_many_are_missing():
    result = told(plan(shipped("standard"), service(rate_rps=Fraction(5))), 1)
    assert "too little data from the canary (57 of 300 requests)" in result.reason.text


def test_only_a_limit_that_was_read_speaks_of_numbers():
    known = ("error_rate", "max", F, Fraction(2, 100), Fraction(1, 100), "ratio")
    assert evidence_words(Evidence(*known)) == "error_rate 2% > max 1%"
    assert evidence_words(Unread("error_rate", "max", U, None, Fraction(1, 100), "ratio", "why")) == "error_rate: why"


@pytest.mark.parametrize("cells", [1, 12, 20, 39, 40, 50, 60, 70, 80, 120, 160])
@pytest.mark.parametrize("report", [run_text, timeline])
@pytest.mark.parametrize("scenario", ["bad-deploy", "slow-leak", "no-metrics", "healthy"])
def test_every_width(scenario, report, cells):
    lines = report(run(scenario), Look(width=cells)).splitlines()
    assert max(map(width, lines)) <= max(cells, 31)  # a text is given 20 cells beside its heading


@pytest.mark.parametrize("cells", range(40, 130, 3))
def test_no_number_is_cut(cells):
    """Whatever the width: every note is there, whole words in their order."""
    text = " ".join(" ".join(events(run("slow-leak", seed=2), cells)).split())
    assert "…" not in text
    assert "1.08% > 1%, 0.975pp > 0.5pp" in text
    assert "planned end: at most 10m more" in text


def test_columns_fall_away_from_the_right():
    def shown(cells):
        table, _, left_out = timeline(run("bad-deploy"), Look(width=cells)).partition("no room for: ")
        heads = [head for head in ("errors/base", "p99/base") if head in table]
        assert [*heads, *filter(None, left_out.partition("\n")[0].split(", "))] == ["errors/base", "p99/base"]
        return heads

    assert [shown(cells) for cells in (58, 50, 40)] == [["errors/base", "p99/base"], ["errors/base"], []]


def test_a_long_name_leaves_room_for_the_numbers():
    long = stage("n" * 64, 10)
    lines = run_text(told(plan(policy(long)), 1), Look(width=80)).splitlines()
    assert lines[3].split()[2:5] == ["10%", "10m", "0"]
    assert lines[3].split()[1].endswith("n…")


@pytest.mark.parametrize(("outcome", "lines"), [(P, 0), (U, 1), (F, 1)])
def test_an_analysis_that_pauses_is_an_event_unless_all_went_well(outcome, lines):
    """A gate is a transition already; what could not be read or failed is worth a line of its own."""
    gate = examples.analysis(600, 5, examples.arm(100, 1), outcome, decision=Decision.PAUSE)
    short = replace(examples.paused_without_data(), analyses=())
    more = events(replace(short, analyses=(gate,)), 160)
    assert len(more) - len(events(short, 160)) == lines


def test_a_long_timeline_keeps_its_ends():
    failed = [examples.analysis(60 * n, n, examples.arm(1_000, 30), F) for n in range(1, 101)]
    shown = events(replace(examples.rolled_back(), analyses=tuple(failed)), 120)
    assert len(shown) == MOST_ROWS + 1
    assert shown[MOST_ROWS // 2] == " … 62 events left out: --trace has every analysis"
    assert shown[0].startswith("    0s  ⟳ canary")
    assert shown[-1].startswith(" 1h40m")
