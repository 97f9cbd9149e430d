"""A file of recorded cases -> its cases, each with the function that checks it, by the file's own `format` field.

A module for a format has `cases(document)`, which gives (id, case) in the file's order, `check(case)`, which asserts, and
`section_of(case)` if its file has sections.
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


def read(path):
    """Return the (id, module, case) of every case in a file, in its order."""
    document = json.loads(Path(path).read_text(encoding="utf-8"))
    module = module_for(document.get("format"))
    return [(name, module, case) for name, case in module.cases(document)]
