"""The one way in which a user's text gets into a message: escaped and cut."""

import re

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"
)


def shown(text: str, limit: int = 60) -> str:
    """Return `text` safe for a terminal and at most `limit` characters long, an ellipsis included.

    Control characters, direction marks, invisible characters and lone surrogates become `\\x1b`, `\\u202e`.
    """
    safe = _UNSAFE.sub(_escaped, text[: limit + 1])
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
