"""How many analyses of a stage are made at once, so that what all of them share is done once.

Outcomes do not depend on who is still in the stage, so those of later analyses may be found early. It is work in vain
only where hardly anybody lives to see them.
"""

from typing import Final

from canary_runner.engines.steps import Joint, Single

MOST: Final = 4
FEW_LEAVE: Final = 0.75
"""The share of rollouts that are still there after a go, from which the next one is twice as long."""


class Foresight:
    """The goes of one stage in one block."""

    def __init__(self, steps: Joint | Single, analyses: int) -> None:
        failures = steps.automaton.failures_left(steps.numbers(steps.start(1)))
        self._analyses, self._go, self._inside = analyses, min(MOST, int(failures[0])), 0

    def analyses(self, number: int, inside: int) -> int:
        """Return how many analyses from `number` to make, for `inside` rollouts that are there."""
        if self._inside:
            self._go = min(MOST, 2 * self._go) if inside >= FEW_LEAVE * self._inside else 1
        self._inside = inside
        return max(1, min(self._go, self._analyses - number + 1))
