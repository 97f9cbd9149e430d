"""A file of recorded cases -> its cases, each with the function that checks it, by the file's own `format` field.

A module for a format has `sections(document)`, which gives (section, cases) in the file's order, and
`check(section, case)`, which asserts. A case is a mapping; its `name` names its test, and without one its scalars do.
"""

import importlib
import importlib.util
import json
from pathlib import Path

PREFIXES = {"argo-rollouts-cases/": "argo", "flagger-scheduler-cases/": "flagger"}
OUR_CASES = Path(__file__).parent / "cases"


class UnknownFormatError(ValueError):
    """No module reads this format."""


def module_for(name):
    """Return the module that reads a format; only the words before the version matter."""
    for prefix, module in PREFIXES.items():
        full = f"{__package__}.{module}"
        if str(name).startswith(prefix) and importlib.util.find_spec(full) is not None:
            return importlib.import_module(full)
    raise UnknownFormatError(f"the format {name!r} is none of {', '.join(PREFIXES)}")


def title(case):
    """Return the name of a case, or what it is made of."""
    if "name" in case:
        return case["name"]
    shown = [
        f"{key} {value}" for key, value in case.items() if value is not None and not isinstance(value, dict | list)
    ]
    return ", ".join(shown)


def read(path):
    """Return the (id, module, section, case) of every case in a file, in its order."""
    document = json.loads(Path(path).read_text(encoding="utf-8"))
    module = module_for(document.get("format"))
    return [
        (f"{section}: {title(case)}", module, section, case)
        for section, cases in module.sections(document)
        for case in cases
    ]
