"""Scenarios: from data that a schema has passed, and from `--set canary.error_rate=+2pp`."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

from canary_runner.loading.builtin_scenarios import BUILTIN_SCENARIOS
from canary_runner.loading.quantities import DELAY, DURATION, ERROR_EFFECT, LATENCY_EFFECT, QuantityError
from canary_runner.loading.scalars import ScalarError, read_plain
from canary_runner.loading.words import did_you_mean, listed, nearest
from canary_runner.model.diagnostics import Document, UsageError
from canary_runner.model.scenario import Effect, Scenario
from canary_runner.model.shown import shown

ARMS: Final = ("canary", "baseline", "both")


class SetError(UsageError):
    """A `--set`, or a key under `set` in a test file, that does not fit: its path or its value."""

    def __init__(self, path: str, message: str, help: str, is_about_path: bool = True) -> None:
        super().__init__(message, help)
        self.path = path
        self.is_about_path = is_about_path


class _ValueError(ValueError):
    """A value of --set that its key refuses."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.help = help


def _metrics(written: Any) -> bool:
    if written != "missing":
        raise _ValueError(f'"{shown(str(written))}" is unknown', "the only word here is missing")
    return True


def _traffic(written: Any) -> Fraction:
    percent = read_plain(written) if isinstance(written, str) else written
    if isinstance(percent, bool) or not isinstance(percent, int | Fraction) or not 0 < percent <= 100:
        raise _ValueError(f'"{shown(str(written))}" is not a traffic in percent', "write a number above 0, at most 100")
    return Fraction(percent) / 100


_WITH_SETS: Final = " + set"
"""Said behind the name of a scenario that is no longer what its name says; no name in a file can end so."""

_FIELDS: Final[dict[str, tuple[str, Any]]] = {
    "error_rate": ("error_rate", ERROR_EFFECT.parse),
    "latency": ("latency", LATENCY_EFFECT.parse),
    "metrics": ("metrics_missing", _metrics),
    "starting_after": ("starting_after_s", DELAY.parse),
    "from_traffic_percent": ("from_traffic", _traffic),
    "ramp_over": ("ramp_over_s", DELAY.parse),
    "lasting": ("lasting_s", DURATION.parse),
}
"""Key of an effect -> field of the model, and the reader of its value."""


def scenarios_from(document: Document) -> dict[str, Scenario]:
    """Return the scenarios under the key `scenarios` of a valid scenarios or test document, by name."""
    data: Any = document.data
    return {name: scenario_from(name, scenario) for name, scenario in data.get("scenarios", {}).items()}


def scenario_from(name: str, data: Mapping[str, Any], sets: Mapping[str, str] | None = None) -> Scenario:
    """Return a scenario from the data of a file, changed key by key by `sets`.

    The data have passed the schema. `sets` are a user's words (`{"canary.error_rate": "+2pp"}`): UsageError.
    """
    arms = {arm: _effect(data[arm]) for arm in ARMS if arm in data}
    return with_sets(Scenario(name, data.get("summary", ""), **arms), sets or {})


def find_scenario(
    name: str, extra: Mapping[str, Scenario] | None = None, sets: Mapping[str, str] | None = None
) -> Scenario:
    """Return the scenario `name` of `extra`, else the built-in one, changed by `sets`. Raises UsageError."""
    known = extra or {}
    if name in known:
        return with_sets(known[name], sets or {})
    if name in BUILTIN_SCENARIOS:
        return scenario_from(name, BUILTIN_SCENARIOS[name], sets)
    names = [*known, *BUILTIN_SCENARIOS]
    raise UsageError(f'no scenario is called "{shown(name)}"', did_you_mean(name, names, "there are"))


def with_sets(scenario: Scenario, sets: Mapping[str, str]) -> Scenario:
    """Return the scenario with each `arm.key` set. Raises SetError, which names the nearest key."""
    arms: dict[str, Effect] = {}
    for path, written in sets.items():
        arm, key = path_of(path)
        effect = arms.get(arm) or getattr(scenario, arm) or Effect()
        arms[arm] = replace(effect, **_field(path, key, written))
    for arm, effect in arms.items():
        if effect.error_rate is None and effect.latency is None and not effect.metrics_missing:
            given = next(path for path in sets if path.startswith(f"{arm}."))
            help = f"set {arm}.error_rate, {arm}.latency or {arm}.metrics too"
            raise SetError(given, f"--set {given} says when, but nothing happens to {arm}", help)
    return replace(
        scenario,
        name=f"{scenario.name.removesuffix(_WITH_SETS)}{_WITH_SETS}" if sets else scenario.name,
        canary=arms.get("canary", scenario.canary),
        baseline=arms.get("baseline", scenario.baseline),
        both=arms.get("both", scenario.both),
    )


def path_of(path: str, option: str = "--set") -> tuple[str, str]:
    """Return the arm and the key of `canary.error_rate`. Raises SetError, which names the nearest there is."""
    arm, _, key = path.partition(".")
    if arm in ARMS and key in _FIELDS:
        return arm, key
    near = [arm if arm in ARMS else nearest(arm, ARMS), key if key in _FIELDS else nearest(key, _FIELDS)]
    if all(near):
        help = f'did you mean "{".".join(filter(None, near))}"?'
    elif near[1]:
        help = f"write {listed([f'{one}.{near[1]}' for one in ARMS])}"
    else:
        help = f"after {listed(ARMS)} and a point write {listed(list(_FIELDS))}"
    raise SetError(path, f'{option} does not know "{shown(path)}"', help)


def _field(path: str, key: str, written: str) -> dict[str, Any]:
    field, reader = _FIELDS[key]
    try:
        return {field: reader(written)}
    except (QuantityError, ScalarError, _ValueError) as error:
        raise SetError(path, f"--set {path}: {error}", error.help, is_about_path=False) from None


def _effect(data: Mapping[str, Any]) -> Effect:
    return Effect(**{field: reader(data[key]) for key, (field, reader) in _FIELDS.items() if key in data})
