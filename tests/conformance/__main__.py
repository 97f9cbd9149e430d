"""Print how many recorded cases hold, by section, and each that does not: `python -m tests.conformance FILE...`."""

import sys
from collections import Counter
from pathlib import Path

from tests.conformance import formats


def holds(module, section, case):
    """Return whether a case holds; whatever goes wrong in it is a case that does not."""
    try:
        module.check(section, case)
    except Exception as wrong:
        return f"{type(wrong).__name__}: {str(wrong).splitlines()[0] if str(wrong) else ''}"
    return ""


def main(paths):
    for path in paths or sorted(formats.OUR_CASES.glob("*.json")):
        passed, total, missed = Counter(), Counter(), []
        for name, module, section, case in formats.read(path):
            why = holds(module, section, case)
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
