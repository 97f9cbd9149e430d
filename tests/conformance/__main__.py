"""Print how many recorded cases hold, by section, and each that does not: `python -m tests.conformance FILE...`."""

import sys
from collections import Counter
from pathlib import Path

from tests.conformance import formats


def why_not(module, case):
    """Return why a case does not hold, empty if it does; whatever goes wrong in it counts."""
    try:
        module.check(case)
    except Exception as wrong:
        return f"{type(wrong).__name__}: {str(wrong).splitlines()[0] if str(wrong) else ''}"
    return ""


def main(paths):
    for path in paths or sorted(formats.OUR_CASES.glob("*.json")):
        passed, total, missed = Counter(), Counter(), []
        for name, module, case in formats.read(path):
            section = module.section_of(case) if hasattr(module, "section_of") else "cases"
            why = why_not(module, case)
            total[section] += 1
            passed[section] += not why
            if why:
                missed.append(f"  {name}: {why}")
        print(Path(path).name)
        for section, count in (*total.items(), ("all", total.total())):
            print(f"  {section:30} {passed[section] if section != 'all' else passed.total():4} of {count:4}")
        print(*missed, sep="\n", end="\n" if missed else "")


if __name__ == "__main__":
    main(sys.argv[1:])
