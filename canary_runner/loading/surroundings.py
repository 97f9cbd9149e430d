"""What a call or a test file says about manifests: further files, what metrics measure, which rollout is meant.

Every word must have an effect: a binding that no manifest asks for, a name that no rollout has, are errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from canary_runner.loading.beside import Beside, is_same_file
from canary_runner.loading.bindings import Binding, binding_of
from canary_runner.loading.files import load_bindings, load_policies
from canary_runner.loading.further import read_further
from canary_runner.loading.importers.asked import Asked, by_text
from canary_runner.loading.words import did_you_mean
from canary_runner.model.diagnostics import Diagnostic, Document, FileReport, InputError, UsageError, error_at
from canary_runner.model.foreign import AnyPolicy
from canary_runner.model.loaded import Loaded
from canary_runner.model.manifest_options import ManifestOptions
from canary_runner.model.query import Query
from canary_runner.model.shown import shown


@dataclass(frozen=True, slots=True)
class BoundMeaning:
    """Says what queries measure, bindings first, and remembers which metrics were asked about."""

    bindings: Mapping[str, Binding]
    metrics: dict[str, None]  # in the order in which they were asked

    def __call__(self, asked: Asked) -> Query | str:
        """Return what a query measures, or why that is not safe to say."""
        self.metrics[asked.metric] = None
        binding = self.bindings.get(asked.metric)
        if binding is None:
            return by_text(asked)
        found = binding.query(asked.window_s or None, asked.provider)
        return found or "neither its binding nor the manifest says a window"


class Surroundings:
    """What is said, filled word by word; what an `outer` one says wins, as an option does over a file."""

    def __init__(self, outer: Surroundings | None = None) -> None:
        self._outer = outer
        self._named: dict[str, Binding] = {}
        self._files: list[Loaded[dict[str, Binding]]] = []
        self._further: list[Document] = []
        self._rollouts: tuple[str, ...] = ()
        self._metrics: dict[str, None] = {}
        self._met: dict[str, None] = {}

    def bind(self, text: str) -> None:
        """Bind a metric by the text of an option. Raises UsageError."""
        name, binding = binding_of(text)
        if name in self._named:
            raise UsageError(f'--bind binds "{shown(name)}" twice', "keep one of them")
        self._named[name] = binding

    def add_bindings(self, path: str) -> None:
        """Add what a file binds; a later file wins. Raises as `load_policy` does."""
        self._files.append(load_bindings(path))

    def add_further(self, paths: Iterable[str]) -> None:
        """Add files and folders that manifests refer to. Raises as `read_further` does."""
        self._further += read_further(paths)

    def choose(self, rollouts: Iterable[str]) -> None:
        """Add names of rollouts that are meant."""
        self._rollouts += tuple(rollouts)

    @property
    def beside(self) -> Beside:
        """Return all of it, for readers of manifests; what they ask is remembered."""
        meaning = BoundMeaning(self._bindings(), self._metrics)
        return Beside(meaning, tuple(self._every_further()), self._every_rollout(), self._met)

    def close(self) -> None:
        """Tell the outer ones what was asked of these."""
        if self._outer is not None:
            self._outer._metrics.update(self._metrics)
            self._outer._met.update(self._met)

    def refuse_unused(self, *, has_failed: bool = False) -> None:
        """Raise UsageError for a word of the call that had no effect, InputError for one of a file.

        Where something else has failed, only if anything was asked at all: then what is mistyped may be why.
        """
        if has_failed and not self._metrics:
            return
        for name in self._named:
            if name not in self._metrics:
                help = _known_metrics(name, self._metrics)
                raise UsageError(f'--bind {shown(name)}: there is no metric "{shown(name)}" to bind', help)
        self.refuse_unmet()
        if wrong := self.unused_bindings():
            raise InputError(wrong)

    def refuse_unmet(self) -> None:
        """Raise UsageError for a name that no rollout has."""
        for _, message, help in self.unmet():
            raise UsageError(message, help)

    def unmet(self) -> Iterator[tuple[int, str, str]]:
        """Yield which name no rollout has, what is wrong with it, and what to write instead."""
        known = list(self._met)
        for index, name in enumerate(self._rollouts):
            if name not in self._met:
                help = did_you_mean(name, known, "rollouts") if known else "only manifests hold rollouts by name"
                yield index, f'no rollout is called "{shown(name)}"', help

    def unused_bindings(self) -> list[FileReport]:
        """Return the findings about bindings in files that no manifest asks for."""
        reports = [FileReport(file.document, tuple(self._unused(file.value))) for file in self._files]
        return [report for report in reports if report.diagnostics]

    def _unused(self, bindings: Iterable[str]) -> Iterator[Diagnostic]:
        for name in bindings:
            if name not in self._metrics:
                message, help = f'there is no metric "{shown(name)}" to bind', _known_metrics(name, self._metrics)
                yield error_at("unused-binding", ("bindings", name), message, help, True)

    def _bindings(self) -> dict[str, Binding]:
        outer = self._outer._bindings() if self._outer is not None else {}
        of_files = {name: one for file in self._files for name, one in file.value.items()}
        return {**of_files, **self._named, **outer}

    def _every_further(self) -> list[Document]:
        outer = self._outer._every_further() if self._outer is not None else []
        more = [one for one in outer if not any(is_same_file(one.name, own.name) for own in self._further)]
        return [*self._further, *more]

    def _every_rollout(self) -> tuple[str, ...]:
        return (self._outer._every_rollout() if self._outer is not None else ()) or self._rollouts


def surroundings_of(said: ManifestOptions) -> Surroundings:
    """Return what a call says. Raises UsageError, and InputError for the content of a file."""
    found = Surroundings()
    for text in said.bind:
        found.bind(text)
    for path in dict.fromkeys(said.bindings):
        found.add_bindings(path)
    found.add_further(said.further)
    found.choose(said.rollouts)
    return found


def load_with(paths: Iterable[str], said: ManifestOptions, *, is_every: bool = False) -> list[Loaded[AnyPolicy]]:
    """Return the policies in some files with what a call says about manifests.

    Raises as `load_policies` does, and UsageError or InputError for a word that has no effect.
    """
    around = surroundings_of(said)
    try:
        loaded = [one for path in paths for one in load_policies(path, around.beside, is_every=is_every)]
    except InputError as error:
        if all(one.rule == "several-rollouts" for report in error.reports for one in report.diagnostics):
            around.refuse_unmet()  # a mistyped name is why it is not clear which one is meant
        around.refuse_unused(has_failed=True)
        raise
    around.refuse_unused()
    return loaded


def _known_metrics(name: str, metrics: Iterable[str]) -> str:
    known = list(metrics)
    return did_you_mean(name, known, "metrics") if known else "these manifests have no metric with a query"
