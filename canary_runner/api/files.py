"""Verbs that read: policies, services, scenarios and what comes with canary-runner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from canary_runner.model.diagnostics import UsageError
from canary_runner.model.manifest_options import NOTHING_SAID, ManifestOptions
from canary_runner.model.shown import shown

if TYPE_CHECKING:
    from canary_runner.model.foreign import AnyPolicy
    from canary_runner.model.loaded import Loaded
    from canary_runner.model.scenario import Scenario
    from canary_runner.model.service import Service


def load_policy(path: str) -> Loaded[AnyPolicy]:
    """Return the policy in the file `path`, "-" for standard input."""
    from canary_runner.loading import load_policy

    return load_policy(path)


def load_policies(paths: Iterable[str], said: ManifestOptions = NOTHING_SAID) -> list[Loaded[AnyPolicy]]:
    """Return the policies in the files `paths`: ours, or manifests of other systems.

    `said` is what the call says beside manifests; what of it has no effect raises UsageError or InputError.
    """
    from canary_runner.loading import load_policy

    if said == NOTHING_SAID:
        return [load_policy(path) for path in paths]
    from canary_runner.loading.surroundings import load_with

    return load_with(paths, said)


def load_service(path: str | None) -> Loaded[Service] | None:
    """Return the service in the file `path`; None stands for the service that is assumed."""
    if path is None:
        return None
    from canary_runner.loading import load_service

    return load_service(path)


def policy_files(
    paths: Iterable[str], unread: list[UsageError] | None = None, skipped: list[str] | None = None
) -> tuple[str, ...]:
    """Return every file that `paths` name: themselves, and the files of ours and manifests of rollouts in folders.

    A folder that cannot be read goes into `unread`; without it, it raises UsageError. Other YAML and JSON files in
    folders go into `skipped`.
    """
    from canary_runner.loading import policy_files

    return tuple(policy_files(paths, unread, skipped))


def further_files(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the files that `paths` name, and those in folders that hold what manifests refer to."""
    if not (named := list(paths)):
        return ()
    from canary_runner.loading.further import further_files

    return tuple(further_files(named))


def files_named(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the paths of the policies and services that the test files among `paths` name."""
    from canary_runner.loading.tests_reader import names_in

    return tuple(name for path in paths if path != "-" for name in names_in(path))


def find_scenario(name: str, files: Iterable[str] = (), sets: Mapping[str, str] | None = None) -> Scenario:
    """Return a scenario by name, of `files` or built in, with `sets` like {"canary.error_rate": "+2pp"}."""
    from canary_runner.loading import find_scenario

    return find_scenario(name, _scenarios_in(files), sets or {})


def find_scenarios(
    names: Sequence[str] = (), files: Iterable[str] = (), sets: Mapping[str, str] | None = None
) -> list[Scenario]:
    """Return scenarios by name, each once; if none is named healthy and all of `files`, or without them the built-in.

    Raises as `find_scenario` does: UsageError for a name that nothing has, or that two files have.
    """
    from canary_runner.loading import find_scenario
    from canary_runner.loading.builtin_scenarios import BUILTIN_SCENARIOS, HEALTHY

    extra = _scenarios_in(files)
    every = names or ([HEALTHY, *extra] if extra else BUILTIN_SCENARIOS)
    return [find_scenario(name, extra, sets or {}) for name in dict.fromkeys(every)]


def _scenarios_in(files: Iterable[str]) -> dict[str, Scenario]:
    from canary_runner.loading import load_scenarios

    found: dict[str, Scenario] = {}
    first: dict[str, str] = {}
    for file in policy_files(files):  # each once, however it is spelled
        for name, scenario in load_scenarios(file).items():
            if name in found:
                message = f'two files have a scenario "{shown(name)}": "{shown(first[name])}" and "{shown(file)}"'
                raise UsageError(message, "give one of them another name")
            found[name], first[name] = scenario, file
    return found


def builtin_scenarios() -> tuple[Scenario, ...]:
    """Return the scenarios that everybody has."""
    from canary_runner.loading import find_scenario
    from canary_runner.loading.builtin_scenarios import BUILTIN_SCENARIOS

    return tuple(find_scenario(name) for name in BUILTIN_SCENARIOS)


def shipped(folder: str, name: str) -> str:
    """Return the text of a file that comes with canary-runner: `schema/...` or `policies/...`."""
    from canary_runner.loading.resources import resource_text

    return resource_text(folder, name)
