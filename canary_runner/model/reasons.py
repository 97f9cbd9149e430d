"""Why a number cannot be had exactly."""


class NotExact(Exception):  # noqa: N818 (the design's word)
    """An exact answer is not possible; the message says, in words that a user reads, why."""
