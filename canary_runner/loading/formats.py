"""Exact values back to the quantities of a policy; the other direction of `quantities`."""

from fractions import Fraction

from canary_runner.loading.decimals import decimal_text
from canary_runner.loading.hints import format_duration
from canary_runner.model.policy import Micros, Points, Ratio

__all__ = [
    "format_clock",
    "format_difference",
    "format_duration",
    "format_latency",
    "format_points",
    "format_rate",
    "format_ratio",
    "format_traffic",
]


def format_rate(rate: Fraction) -> str:
    """Return a share of requests as `1%`."""
    return decimal_text(rate * 100) + "%"


def format_points(difference: Fraction) -> str:
    """Return a difference of rates as `0.5pp`."""
    return decimal_text(difference * 100) + "pp"


def format_ratio(factor: Fraction) -> str:
    """Return a factor as `1.2x`."""
    return decimal_text(factor) + "x"


def format_latency(micros: int) -> str:
    """Return microseconds as `500ms`, or from one second on as `1.5s`."""
    if micros >= 1_000_000:
        return decimal_text(Fraction(micros, 1_000_000)) + "s"
    return decimal_text(Fraction(micros, 1_000)) + "ms"


def format_difference(over_baseline: Points | Ratio | Micros) -> str:
    """Return a limit against the baseline as `0.5pp`, `1.2x` or `+50ms`."""
    match over_baseline:
        case Points(difference):
            return format_points(difference)
        case Ratio(factor):
            return format_ratio(factor)
        case Micros(micros):
            return "+" + format_latency(micros)


def format_traffic(rps: Fraction) -> str:
    """Return requests per second as `120rps`, or as `100/min` if that is the shorter exact one."""
    if Fraction(round(rps * 10**9), 10**9) == rps:
        return decimal_text(rps) + "rps"
    return decimal_text(rps * 60) + "/min"


def format_clock(seconds: int) -> str:
    """Return seconds after midnight as `09:00`."""
    return f"{seconds // 3_600:02d}:{seconds % 3_600 // 60:02d}"
