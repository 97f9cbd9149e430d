"""A file in which misspellings were put right."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """One text that is put in the place of another; line and column from 1, in code points, before it."""

    line: int
    column: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mended:
    """The bytes of a file as they were read and as they should be, and the edits that lead from one to the other."""

    before: bytes
    data: bytes
    edits: tuple[Edit, ...] = ()
