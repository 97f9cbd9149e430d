"""Print every benchmark as a markdown table: what was measured, the ratio, the goal, and whether it is reached."""

import argparse
import sys

from benchmarks import linting, startup
from benchmarks.ratios import Row, as_table
from benchmarks.w1 import suite as w1
from benchmarks.w1.agreement import DisagreementError

SUITES = {"lint": linting.rows, "startup": startup.rows, "w1": w1.rows}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suites", nargs="*", choices=[*SUITES, []], help="which to run; all by default")
    parser.add_argument("--repeats", type=int, default=11, help="rounds; the fastest of each side counts")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a goal is not reached")
    chosen = parser.parse_args()
    rows: list[Row] = []
    for name in chosen.suites or SUITES:
        try:
            rows += SUITES[name](chosen.repeats)
        except DisagreementError as error:
            sys.exit(f"{name}: {error}")
    print(as_table(rows))
    if chosen.check and not all(row.is_reached for row in rows):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
