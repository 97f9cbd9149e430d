"""canary-runner: test a rollout policy before production does.

The names below are the public ones; each is imported when it is first used, so `import canary_runner` costs nothing.

>>> import canary_runner
>>> policy = canary_runner.load_policy("policies/standard.yaml")
>>> bad = canary_runner.find_scenario("bad-deploy")
>>> canary_runner.simulate(policy, None, bad, seed=1).final_state
<State.ROLLED_BACK: 'ROLLED_BACK'>
"""

from importlib import import_module
from typing import TYPE_CHECKING

from canary_runner.version import __version__

if TYPE_CHECKING:
    from canary_runner.api import find_scenario, load_policy, load_service, simulate, validate
    from canary_runner.engines.rollout import EventError, Rollout, TerminalStateError
    from canary_runner.model.diagnostics import InputError, UsageError
    from canary_runner.model.outcomes import Decision, Outcome, State

__all__ = [
    "Decision",
    "EventError",
    "InputError",
    "Outcome",
    "Rollout",
    "State",
    "TerminalStateError",
    "UsageError",
    "__version__",
    "find_scenario",
    "load_policy",
    "load_service",
    "simulate",
    "validate",
]

_HOMES = {
    "canary_runner.api": ("find_scenario", "load_policy", "load_service", "simulate", "validate"),
    "canary_runner.engines.rollout": ("EventError", "Rollout", "TerminalStateError"),
    "canary_runner.model.diagnostics": ("InputError", "UsageError"),
    "canary_runner.model.outcomes": ("Decision", "Outcome", "State"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)
