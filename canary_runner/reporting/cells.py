"""Text in cells of a terminal: wide and combining characters, tabs, and text that must not act on the terminal."""

from collections.abc import Callable, Iterable
from functools import cache
from textwrap import wrap

from canary_runner.model.shown import shown

TAB = "    "


def pieces(text: str) -> list[str]:
    """Return what stands for each character of `text`: itself, spaces for a tab, an escape for what is unsafe."""
    return [TAB if character == "\t" else shown(character, 10) for character in text]


def width(text: str) -> int:
    """Return how many cells `text` takes; it holds no tabs and nothing unsafe."""
    return len(text) if text.isascii() else sum(map(_cell_size(), text))


@cache
def _cell_size() -> Callable[[str], int]:
    """Return rich's measure of a character; rich is imported only where a text is not plain ASCII."""
    from rich.cells import get_character_cell_size

    return get_character_cell_size


def total(parts: Iterable[str]) -> int:
    """Return how many cells the parts take together."""
    return sum(map(width, parts))


def cut(text: str, cells: int, mark: str) -> str:
    """Return `text` in at most `cells` cells; `mark` ends what was cut."""
    if width(text) <= cells:
        return text
    kept, room = [], cells - width(mark)
    for character in text:
        room -= width(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + mark


def padded(text: str, cells: int, right: bool = False) -> str:
    """Return `text` filled with spaces to `cells` cells, at its left if `right` aligned."""
    fill = " " * max(cells - width(text), 0)
    return fill + text if right else text + fill


def wrapped(text: str, cells: int) -> list[str]:
    """Return `text` in lines of at most `cells` cells, at least 20, broken between words."""
    return wrap(text, max(cells, 20), break_on_hyphens=False) or [""]
