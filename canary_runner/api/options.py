"""Verbs that read the text of an option."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from canary_runner.model.scenario import Scenario
    from canary_runner.model.study import SweepRequest


def parse_sweep(text: str, base: Scenario) -> SweepRequest:
    """Return the sizes of `canary.error_rate=0pp..5pp`, each as the scenario `base` so changed. Raises UsageError."""
    from canary_runner.loading.sweep_text import sweep_of

    return sweep_of(text, base)


def parse_precision(text: str) -> tuple[float | None, float | None]:
    """Return half an interval's width: `0.5pp` of every chance, or `10%` as a share of it. Raises UsageError."""
    from canary_runner.loading.option_values import precision

    return precision(text)


def parse_delay(text: str) -> int:
    """Return seconds of a duration like `30m`, `0s` too. Raises UsageError."""
    from canary_runner.loading.option_values import delay_s

    return delay_s(text)


def parse_clock(text: str) -> int:
    """Return seconds after midnight of a time like `09:00`. Raises UsageError."""
    from canary_runner.loading.option_values import clock_s

    return clock_s(text)
