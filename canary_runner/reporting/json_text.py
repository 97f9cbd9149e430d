"""Plain data as JSON text that every reader takes: ASCII, no NaN, no half of a character."""

import json
import re

_ESCAPE = re.compile(r"\\(?:ud[89ab]..\\ud[c-f]..|(ud[89a-f]..)|.)")
"""What a backslash begins in JSON: a pair of surrogates, one that is alone, or anything else."""


def dumps(value: object, indent: int | None = None) -> str:
    """Return ASCII-safe JSON with a final newline; NaN and infinities are refused.

    A lone surrogate, a byte of a file name that is not UTF-8, is no text that JSON can carry: it is shown as `\\udcff`.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=True, allow_nan=False)
    return _ESCAPE.sub(lambda found: rf"\\{found[1]}" if found[1] else found[0], text) + "\n"
