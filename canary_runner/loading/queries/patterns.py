"""Anchored regular expressions of label matchers, in time proportional to the text: a manifest may hold any of them.

Reads the common part of RE2's syntax; whatever else there is makes a pattern unreadable, never misread.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MAX_STEPS = 2_000
_DIGITS: Final = frozenset("0123456789")
_WORD: Final = _DIGITS | frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_CLASSES: Final = {"d": _DIGITS, "w": _WORD, "s": frozenset(" \t\n\r\f")}
_CONTROL: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}
_COUNT: Final = re.compile(r"\{(\d{1,4})(?:(,)(\d{1,4})?)?\}")
_SIMPLE: Final = {"*": (0, None), "+": (1, None), "?": (0, 1)}

Accepts = Callable[[str], bool]


class UnreadablePatternError(ValueError):
    """A pattern beyond what is read here."""


@dataclass(slots=True)
class Step:
    """A place in a pattern: a character to take, or a way to go on without one."""

    accepts: Accepts | None
    targets: tuple[int, ...]


class Pattern:
    """A pattern that a whole text fits or does not."""

    def __init__(self, steps: list[Step], start: int) -> None:
        self._steps, self._start = steps, start

    def fits(self, text: str) -> bool:
        """Tell whether the whole text fits."""
        now = self._reached({self._start})
        for character in text:
            taken = {
                step.targets[0]
                for step in (self._steps[place] for place in now)
                if step.accepts is not None and step.accepts(character)
            }
            now = self._reached(taken)
            if not now:
                return False
        return 0 in now

    def _reached(self, places: set[int]) -> set[int]:
        found, waiting = set(places), list(places)
        while waiting:
            step = self._steps[waiting.pop()]
            if step.accepts is None:
                fresh = [target for target in step.targets if target not in found]
                found.update(fresh)
                waiting.extend(fresh)
        return found


@lru_cache(maxsize=256)
def pattern_of(text: str) -> Pattern:
    """Return the pattern that a text says; raises UnreadablePatternError."""
    return _Reader(text).read()


Part = Callable[[int], int]
"""Puts its steps before the place where a pattern goes on, and returns where it begins."""


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.steps = [Step(None, ())]  # the first place is the end

    def read(self) -> Pattern:
        part = self.alternatives(0)
        if self.at < len(self.text):
            raise UnreadablePatternError("a bracket is closed that is not open")
        return Pattern(self.steps, part(0))

    def alternatives(self, depth: int) -> Part:
        if depth > 20:
            raise UnreadablePatternError("too many brackets")
        options = [self.sequence(depth)]
        while self.peek() == "|":
            self.at += 1
            options.append(self.sequence(depth))
        return options[0] if len(options) == 1 else lambda to: self.add(None, *(option(to) for option in options))

    def sequence(self, depth: int) -> Part:
        parts: list[Part] = []
        while self.peek() not in ("", "|", ")"):
            part = self.atom(depth)
            if part is not None:
                parts.append(self.repeated(part))

        def put(to: int) -> int:
            for part in reversed(parts):
                to = part(to)
            return to

        return put

    def repeated(self, part: Part) -> Part:
        counted = _COUNT.match(self.text, self.at)
        if self.peek() in _SIMPLE:
            least, most = _SIMPLE[self.take()]
        elif counted:
            self.at = counted.end()
            least = int(counted[1])
            most = int(counted[3]) if counted[3] else None if counted[2] else least
        else:
            return part
        if self.peek() == "?":  # lazy or not, the same texts fit
            self.at += 1
        if self.peek() in ("*", "+", "?", "{"):
            raise UnreadablePatternError("a repetition of a repetition")
        return lambda to: self.put_repeated(part, least, most, to)

    def put_repeated(self, part: Part, least: int, most: int | None, to: int) -> int:
        if most is None:
            loop = self.add(None, to)
            self.steps[loop].targets = (to, part(loop))
            to = loop
        else:
            end = to
            for _ in range(most - least):
                to = self.add(None, end, part(to))
        for _ in range(least):
            to = part(to)
        return to

    def atom(self, depth: int) -> Part | None:
        character = self.take()
        match character:
            case "^" | "$":
                self.anchor(character)
                return None
            case "(":
                return self.group(depth)
            case ".":
                return self.one(lambda _: True)
            case "[":
                return self.one(self.character_class())
            case "\\":
                return self.one(self.escaped())
            case "*" | "+" | "?":
                raise UnreadablePatternError("a repetition of nothing")
            case _:
                return self.one(lambda other: other == character)

    def anchor(self, character: str) -> None:
        if self.at != (1 if character == "^" else len(self.text)):
            raise UnreadablePatternError("an anchor inside the pattern")

    def group(self, depth: int) -> Part:
        if self.text.startswith("?:", self.at):
            self.at += 2
        elif self.peek() == "?":
            raise UnreadablePatternError("a group with flags or a name")
        part = self.alternatives(depth + 1)
        if self.take() != ")":
            raise UnreadablePatternError("a bracket is not closed")
        return part

    def escaped(self) -> Accepts:
        character = self.take()
        if character.lower() in _CLASSES:
            members, is_inverse = _CLASSES[character.lower()], character.isupper()
            return lambda other: (other in members) is not is_inverse
        if character in _CONTROL:
            character = _CONTROL[character]
        elif not character or character.isalnum():
            raise UnreadablePatternError(f"the escape \\{character}")
        return lambda other: other == character

    def character_class(self) -> Accepts:
        is_inverse = self.peek() == "^"
        self.at += is_inverse
        members: list[Accepts] = []
        while self.peek() != "]" or not members:
            members.append(self.member())
        self.at += 1
        return lambda other: any(accepts(other) for accepts in members) is not is_inverse

    def member(self) -> Accepts:
        first = self.take()
        if first == "\\":
            return self.escaped()
        if not first or self.text.startswith("[:", self.at - 1):
            raise UnreadablePatternError("a class that is not closed, or named")
        if self.peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", "", "\\"):
            self.at += 1
            last = self.take()
            return lambda other: first <= other <= last
        return lambda other: other == first

    def one(self, accepts: Accepts) -> Part:
        return lambda to: self.add(accepts, to)

    def add(self, accepts: Accepts | None, *targets: int) -> int:
        if len(self.steps) >= MAX_STEPS:
            raise UnreadablePatternError("a pattern with too many repetitions")
        self.steps.append(Step(accepts, targets))
        return len(self.steps) - 1

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        character = self.peek()
        self.at += 1
        return character
