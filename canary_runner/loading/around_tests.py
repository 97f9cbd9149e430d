"""What a test file says about the manifests that it names; nothing of it is imported where nothing is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from canary_runner.model.diagnostics import Diagnostic, Document, FileReport, InputError, UsageError, error_at
from canary_runner.model.manifest_options import NOTHING_SAID, ManifestOptions

if TYPE_CHECKING:
    from canary_runner.loading.beside import Beside
    from canary_runner.loading.surroundings import Surroundings

FILES_BESIDE: Final = ("with", "bindings")
"""Keys of a test file that name files beside its manifests."""

FROM_HERE: Final = "a path counts from the folder of this file"


@dataclass(slots=True)
class AroundTest:
    """The surroundings of one test file's manifests, and what is wrong with them."""

    own: Surroundings | None = None
    wrong: list[Diagnostic] = field(default_factory=list)
    unfit: list[FileReport] = field(default_factory=list)

    @property
    def beside(self) -> Beside | None:
        """Return what readers of manifests get."""
        return None if self.own is None else self.own.beside

    def findings(self) -> Iterator[Diagnostic]:
        """Yield what is wrong in the test file, once its manifests were read."""
        yield from self.wrong
        for index, message, help in self.own.unmet() if self.own is not None else ():
            yield error_at("unknown-rollout", ("rollouts", index), message, help)

    def reports(self) -> tuple[FileReport, ...]:
        """Return what is wrong in the files that it names beside manifests."""
        if self.own is None:
            return tuple(self.unfit)
        self.own.close()
        return (*self.unfit, *self.own.unused_bindings())


def surroundings(said: ManifestOptions) -> Surroundings | None:
    """Return what a call says, None if that is nothing. Raises UsageError, InputError."""
    if replace(said, in_folders=()) == NOTHING_SAID:
        return None
    from canary_runner.loading.surroundings import surroundings_of

    return surroundings_of(said)


def around_test(document: Document, path_of: Callable[[str], str], outer: Surroundings | None) -> AroundTest:
    """Return what a test document says about manifests, within what the call says."""
    said: Any = document.data if isinstance(document.data, dict) else {}
    if outer is None and not any(key in said for key in (*FILES_BESIDE, "rollouts")):
        return AroundTest()
    from canary_runner.loading.surroundings import Surroundings

    around = AroundTest(Surroundings(outer))
    assert around.own is not None
    for key in FILES_BESIDE:
        names = said.get(key)
        for index, name in enumerate(names if isinstance(names, list) else ()):
            if isinstance(name, str) and name:
                _add(around, around.own, (key, index), path_of(name))
    rollouts = said.get("rollouts")
    around.own.choose(one for one in (rollouts if isinstance(rollouts, list) else ()) if isinstance(one, str))
    return around


def _add(around: AroundTest, own: Surroundings, at: tuple[str, int], path: str) -> None:
    try:
        if at[0] == "with":
            own.add_further([path])
        else:
            own.add_bindings(path)
    except UsageError as error:
        around.wrong.append(error_at("unreadable-file", at, str(error), FROM_HERE))
    except InputError as error:
        around.unfit += error.reports
