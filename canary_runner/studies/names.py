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


Key = tuple[str, str]


def by_file(loaded: Sequence[Loaded[Named]]) -> Mapping[Key, Loaded[Named]]:
    """Return policies or services by file and name, each once, under names that they share with no other file's."""
    once = {key_of(one): one for one in loaded}
    names = told_apart([one.value.name for one in once.values()], list(once))
    return {key: renamed(one, name) for (key, one), name in zip(once.items(), names, strict=True)}


def key_of(loaded: Loaded[Named]) -> Key:
    """Return what tells a policy or service from all others: its file, and its name in there."""
    return loaded.document.name, loaded.value.name


def renamed(loaded: Loaded[Named], name: str) -> Loaded[Named]:
    """Return a policy or service under the name that a result gives it."""
    return loaded if loaded.value.name == name else replace(loaded, value=replace(loaded.value, name=name))
