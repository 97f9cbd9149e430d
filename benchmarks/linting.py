"""What `lint` takes for many files: rules that look at single analyses, and rules that need whole stages, apart."""

import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ratios import Row
from canary_runner.linting.linter import facts_of
from canary_runner.linting.rules import OF_POLICIES
from canary_runner.loading import check_file, policy_in
from canary_runner.model.diagnostics import FileReport
from canary_runner.model.policy import Policy
from canary_runner.model.service import GENERIC_WEB

FILES = 1000
STUDYING = (
    "alarms-when-healthy", "blind-stage", "crash-spends-budget", "pauses-healthy-releases", "stage-adds-no-detection",
    "unbounded-wait",
)  # fmt: skip
"""The rules that ask for the chances of whole stages where a bound does not clear them."""

EVERY_NTH = 10
"""Of so many files one is asked for whole stages too."""

UNIT = "milliseconds a file"

STAGE = """  - name: stage-{number}
    traffic_percent: {percent}
    duration: {duration}m
    check_every: {every}m
    min_canary_requests: {minimum}
    rollback_after: {{consecutive_failures: {failures}}}
    on_inconclusive: extend
    checks:
      - metric: error_rate
        max: {most}%
        max_over_baseline: {over}pp
      - metric: latency_p95
        max: {slow}ms
"""
PERCENTS = ((2, 5, 25, 50, 100), (5, 10, 25, 50, 100), (10, 20, 40, 70, 100), (1, 5, 20, 50, 100), (5, 20, 40, 60, 100))
EVERY = (2, 5, 10)
MOST = ("0.5", "1", "2")
OVER = ("0.2", "0.5", "1")
SLOW = (400, 500, 800)


def policy_text(number: int) -> str:
    """Return one of FILES different policies: five stages, good ones and bad ones."""
    digits = [number // 3**place % 3 for place in range(6)]
    every = EVERY[digits[0]]
    minimum = (100, 300, 1)[digits[5]]
    stages = "".join(
        STAGE.format(
            number=index, percent=percent, every=every, duration=every * (3 + digits[4]), minimum=minimum,
            failures=1 + number % 2, most=MOST[digits[1]], over=OVER[digits[2]], slow=SLOW[digits[3]],
        )
        for index, percent in enumerate(PERCENTS[number % len(PERCENTS)])
    )  # fmt: skip
    return f"schema: canary-runner/policy/v1\nname: p{number}\nstages:\n{stages}"


def rows(repeats: int) -> list[Row]:
    """Return what each kind of rule takes; `repeats` is not asked: a thousand files are repeats enough."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(FILES):
            (Path(folder) / f"p{number:04}.yaml").write_text(policy_text(number))
        paths = sorted(map(str, Path(folder).glob("*.yaml")))
        start = time.perf_counter()
        reports = [check_file(path) for path in paths]
        validation = (time.perf_counter() - start) / FILES
    asked = [(policy, report) for report in reports if (policy := policy_in(report)) is not None]
    single = [name for name in OF_POLICIES if name not in STUDYING]
    alone, few = _timed(asked, single), asked[::EVERY_NTH]
    studied = _timed(few, STUDYING)
    cleared, calm = ([one for one in studied if not getattr(one, what)] for what in ("stages", "findings"))
    told = sum(one.findings for one in alone)
    return [
        Row(f"validation of {FILES:,} files of five stages, {len(asked):,} valid", UNIT, 1000 * validation, None),
        Row(f"`lint`, {len(single)} rules that ask for no whole stage, {told:,} findings", UNIT, _mean(alone), 5),
        Row(f"`lint` of {len(few):,}, {len(STUDYING)} rules that may ask for whole stages", UNIT, _mean(studied), None),
        Row(f"{len(calm):,} of these, in which they find nothing", UNIT, _mean(calm), None),
        Row(f"{len(cleared):,} of these, of which no stage is reckoned through", UNIT, _mean(cleared), None),
    ]


@dataclass(frozen=True)
class Took:
    """What one file took."""

    seconds: float
    findings: int
    stages: int  # reckoned through by the exact engine


def _timed(asked: Sequence[tuple[Policy, FileReport]], names: Iterable[str]) -> list[Took]:
    rules, found = [OF_POLICIES[name] for name in names], []
    for policy, report in asked:
        start = time.perf_counter()
        facts = facts_of(policy, report.document, GENERIC_WEB)
        findings = sum(len(list(rule.check(facts))) for rule in rules)
        found.append(Took(time.perf_counter() - start, findings, len(facts.chances.stages)))
    return found


def _mean(files: Sequence[Took]) -> float | None:
    """Return milliseconds a file."""
    return 1000 * sum(one.seconds for one in files) / len(files) if files else None
