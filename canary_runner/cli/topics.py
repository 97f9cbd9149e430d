"""The pages of `explain` that are no rules: texts in pages/, and one that is made of the built-in scenarios."""

from pathlib import Path
from typing import Final

from canary_runner import api

TOPICS: Final = ("scenarios", "strategies", "exit-codes", "limits", "states", "stream")
_PAGES = Path(__file__).parent / "pages"


def topic(name: str) -> str:
    """Return the page of a topic."""
    text = (_PAGES / f"{name}.md").read_text(encoding="utf-8")
    return text.replace("{scenarios}", _scenarios()) if name == "scenarios" else text


def _scenarios() -> str:
    from canary_runner.reporting.run_parts import scenario_line

    lines = []
    for scenario in api.builtin_scenarios():
        name, _, effect = scenario_line(scenario).partition(": ")
        lines += [f"  {name:<16} {scenario.summary}", *([f"  {'':<16}   {effect}"] if effect else [])]
    return "\n".join(lines)
