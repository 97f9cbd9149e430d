"""canary-runner: test a rollout policy before production does."""

from canary_runner.version import __version__

__all__ = ["__version__"]
