"""Bytes to text: UTF-8 only, and nothing in it that an eye or a terminal could misread."""

import re
from functools import cache
from itertools import islice

from canary_runner.model.diagnostics import Diagnostic, Span, error_at

_NEWLINE = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_ORDINARY_ASCII = bytes([9, 10, 13, *range(32, 127)])
_BYTE_ORDER_MARK = "\ufeff"
_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_MAX_FINDINGS = 10


def decode(data: bytes) -> tuple[str, list[Diagnostic]]:
    """Return the text of a file and what is wrong with it; the text is whole even then, for excerpts.

    A byte order mark is dropped. Line endings stay as they are.
    """
    if not data.translate(None, _ORDINARY_ASCII):
        return data.decode("ascii"), []  # most files: nothing else to look for, in a tenth of the time
    if other := _other_encoding(data):
        return "", [error_at("text-encoding", Span(1, 1, 1, 1), f"the file is {other}, not UTF-8", "save it as UTF-8")]
    try:
        text = data.decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        text = data.decode("utf-8", "replace").removeprefix(_BYTE_ORDER_MARK)
        return text, [error_at("text-encoding", _span_after(before), message, "save the file as UTF-8")]
    return text, [_control_character(text, match) for match in islice(_control().finditer(text), _MAX_FINDINGS)]


def forbidden_character(text: str) -> str | None:
    """Return the first character of `text` that must not stand in a file, by its number: "U+001B"."""
    match = _control().search(text)
    return f"U+{ord(match[0]):04X}" if match else None


def split_lines(text: str) -> tuple[str, ...]:
    """Return the lines of a text as libyaml counts them; there is always one, if empty, after the last break."""
    if "\r" not in text and text.isascii():
        return tuple(text.split("\n"))
    return tuple(_NEWLINE.split(text))


def line_starts(text: str) -> list[int]:
    """Return where the lines of `split_lines` begin."""
    return [0, *(match.end() for match in _NEWLINE.finditer(text))]


@cache
def _control() -> re.Pattern[str]:
    """Compile late: almost no file needs it, and 17 planes of non-characters take their time."""
    ends = "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    return re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufeff{ends}]")


def _other_encoding(data: bytes) -> str:
    """Return the encoding that a file seems to have by its mark, or by the zeros among its first four bytes."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    zeros = [i for i, byte in enumerate(data[:4]) if byte == 0]
    if zeros in ([0, 1, 2], [1, 2, 3]):
        return "UTF-32"
    return "UTF-16" if len(data) > 3 and zeros in ([0, 2], [1, 3]) else ""


def _control_character(text: str, match: re.Match[str]) -> Diagnostic:
    code = ord(match[0])
    message = f"U+{code:04X} is a character that must not stand in a file"
    return error_at("control-character", _span_after(text[: match.start()]), message, "remove it")


def _span_after(before: str) -> Span:
    lines = split_lines(before)
    column = len(lines[-1]) + 1
    return Span(len(lines), column, len(lines), column + 1)
