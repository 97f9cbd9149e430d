"""How text may look on the stream that it goes to: colours, symbols, width. Decided by the caller, not here."""

from dataclasses import dataclass

_CODES = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "blue": 34, "cyan": 36}

_SYMBOLS = {
    "ok": ("✔", "+"),
    "bad": ("✖", "x"),
    "paused": ("‖", "="),
    "started": ("⟳", ">"),
    "arrow": ("→", "->"),
    "dot": ("·", "-"),
    "cut": ("…", "..."),
}
"""Each symbol and what stands for it where the stream cannot carry it; one cell wide but for arrow and cut."""

SYMBOLS = "".join(symbol for symbol, _ in _SYMBOLS.values())
"""All symbols: a stream whose encoding carries these gets them."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a stream can show."""

    colour: bool = False
    symbols: bool = True
    width: int = 100  # cells in a line

    def paint(self, text: str, *styles: str) -> str:
        """Return `text` in the styles, or as it is where colour is off."""
        if not self.colour or not text or not styles:
            return text
        return f"\x1b[{';'.join(str(_CODES[style]) for style in styles)}m{text}\x1b[0m"

    def symbol(self, name: str) -> str:
        """Return a symbol, or its ASCII form."""
        return _SYMBOLS[name][0 if self.symbols else 1]


PLAIN = Look()
"""No colours, all symbols, 100 cells: what goes into a file."""
