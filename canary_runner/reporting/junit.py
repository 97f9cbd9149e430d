"""JUnit XML, as CI systems read it: suites of cases, of which some fail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from canary_runner.model.shown import shown

Outcome = Literal["passed", "failure", "error"]

LONGEST_NAME = 255
LONGEST_TEXT = 10_000


@dataclass(frozen=True, slots=True)
class Case:
    """One case: what it is about, its name, and if it did not pass a message and what is to be read about it."""

    about: str
    name: str
    outcome: Outcome = "passed"
    message: str = ""
    text: str = ""


def junit(suites: Sequence[tuple[str, Sequence[Case]]]) -> str:
    """Return suites, each with its name; whatever stands in names and texts, the XML is well-formed."""
    body = [_suite(name, cases) for name, cases in suites]
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>", *body, "</testsuites>"]) + "\n"


def _suite(name: str, cases: Sequence[Case]) -> str:
    failed, wrong = (sum(case.outcome == outcome for case in cases) for outcome in ("failure", "error"))
    title = quoteattr(shown(name, LONGEST_NAME))
    head = f'  <testsuite name={title} tests="{len(cases)}" failures="{failed}" errors="{wrong}">'
    return "\n".join([head, *map(_case, cases), "  </testsuite>"])


def _case(case: Case) -> str:
    about, name = (quoteattr(shown(text, LONGEST_NAME)) for text in (case.about, case.name))
    head = f"    <testcase classname={about} name={name}"
    if case.outcome == "passed" and not case.text:
        return f"{head}/>"
    text = escape("\n".join(shown(line, LONGEST_TEXT) for line in case.text.split("\n")))
    if case.outcome == "passed":
        return f"{head}>\n      <system-out>{text}</system-out>\n    </testcase>"
    message = quoteattr(shown(case.message, LONGEST_TEXT))
    return f"{head}>\n      <{case.outcome} message={message}>{text}</{case.outcome}>\n    </testcase>"
