"""What a person waits for: whole processes, against one that only imports what every such tool imports."""

import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.ratios import Row, wall_seconds

ROOT = Path(__file__).parents[1]
POLICY = ROOT / "policies" / "aggressive.yaml"
IMPORTS = "a process that imports yaml, jsonschema and click"
PARSES = "a process that parses the same files with CSafeLoader"
FILES = 1000
FOUR_PARTS = "importing numpy, importing our own modules, reading the policy and the run itself take about as long each"


def rows(repeats: int) -> list[Row]:
    run = str(Path(sys.executable).parent / "canary-run")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(FILES):
            shutil.copy(_long_policy(Path(folder)), Path(folder) / f"p{number}.yaml")
        once = wall_seconds(
            {
                "imports": [sys.executable, "-c", "import yaml, jsonschema, click"],
                "help": [run, "--help"],
                "version": [run, "--version"],
                "validate": [run, "validate", str(POLICY)],
                "run": [run, str(POLICY), "--seed", "1"],
                "run standard": [run, str(POLICY.with_name("standard.yaml")), "--seed", "1"],
            },
            repeats,
        )
        many = wall_seconds(
            {
                "parses": [sys.executable, "-c", _PARSE_ALL, folder],
                "validate": [run, "validate", folder],
            },
            max(3, repeats // 4),
        )
    goals = {"help": 0.7, "version": 0.7, "validate": 1.4, "run": 2.0, "run standard": 2.0}
    found = [
        Row(f"`{name}`", IMPORTS, once[name] / once["imports"], goal, in_the_way=FOUR_PARTS if "run" in name else "")
        for name, goal in goals.items()
    ]
    return [*found, Row(f"`validate` of {FILES:,} files", PARSES, many["validate"] / many["parses"], 2.7)]


_PARSE_ALL = """
import sys, pathlib, yaml
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.yaml")):
    yaml.load(path.read_bytes(), yaml.CSafeLoader)
"""


def _long_policy(folder: Path) -> Path:
    """Write a policy of about 75 lines, five stages that spell everything out."""
    stage = """  - name: stage-{n}
    traffic_percent: {percent}
    duration: 10m
    check_every: 2m
    min_canary_requests: 300
    rollback_after: {{consecutive_failures: 2}}
    on_inconclusive: extend
    checks:
      - metric: error_rate
        max: 1%
        max_over_baseline: 0.5pp
      - metric: latency_p99
        max: 500ms
"""
    head = "schema: canary-runner/policy/v1\nname: long\ndescription: For the benchmark.\nstages:\n"
    path = folder / "long.yaml"
    path.write_text(head + "".join(stage.format(n=n, percent=p) for n, p in enumerate((1, 5, 25, 50, 75))))
    return path
