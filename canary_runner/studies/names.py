"""Files that call themselves alike, told apart in results: `standard (1)` and `standard (2)`."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from canary_runner.model.foreign import AnyPolicy
from canary_runner.model.loaded import Loaded
from canary_runner.model.service import Service

Named = TypeVar("Named", AnyPolicy, Service)


def told_apart(names: Sequence[str], keys: Sequence[Hashable]) -> list[str]:
    """Return names that are numbered, in their order, where several keys share one; of equal keys they are equal."""
    bearers: dict[str, dict[Hashable, int]] = {}
    for name, key in zip(names, keys, strict=True):
        mine = bearers.setdefault(name, {})
        mine.setdefault(key, len(mine) + 1)
    found = []
    for name, key in zip(names, keys, strict=True):
        mine = bearers[name]
        found.append(name if len(mine) == 1 else f"{name} ({mine[key]})")
    return found


def side_by_side(policies: Sequence[AnyPolicy]) -> list[AnyPolicy]:
    """Return policies, each under a name of its own, also one that is given twice."""
    names = told_apart([one.name for one in policies], range(len(policies)))
    return [one if one.name == name else replace(one, name=name) for one, name in zip(policies, names, strict=True)]


def each_once(loaded: Sequence[Loaded[Named]]) -> Mapping[Named, Loaded[Named]]:
    """Return policies or services by what they say, each once, under names that they share with no other.

    However a file is spelled it is one; with other bindings or files beside it a manifest is another policy.
    """
    once: dict[Named, Loaded[Named]] = {}
    for one in loaded:
        once.setdefault(one.value, one)
    names = told_apart([value.name for value in once], list(once))
    return {value: renamed(one, name) for (value, one), name in zip(once.items(), names, strict=True)}


def renamed(loaded: Loaded[Named], name: str) -> Loaded[Named]:
    """Return a policy or service under the name that a result gives it."""
    return loaded if loaded.value.name == name else replace(loaded, value=replace(loaded.value, name=name))
