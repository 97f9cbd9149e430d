"""Policies whose metrics somebody says the meaning of: bindings first, then the text of the query."""

from collections.abc import Iterable, Mapping

from canary_runner.loading.bindings import Binding, binding_of
from canary_runner.loading.files import load_bindings, load_policy
from canary_runner.loading.importers.asked import Asked, by_text
from canary_runner.loading.words import did_you_mean
from canary_runner.model.diagnostics import Diagnostic, FileReport, InputError, UsageError, error_at
from canary_runner.model.foreign import AnyPolicy
from canary_runner.model.loaded import Loaded
from canary_runner.model.query import Query
from canary_runner.model.shown import shown


class BoundMeaning:
    """Says what queries measure, and remembers which metrics were asked about."""

    def __init__(self, bindings: Mapping[str, Binding]) -> None:
        self._bindings = bindings
        self.metrics: dict[str, None] = {}  # in the order in which they were asked

    def __call__(self, asked: Asked) -> Query | str:
        """Return what a query measures, or why that is not safe to say."""
        self.metrics[asked.metric] = None
        binding = self._bindings.get(asked.metric)
        if binding is None:
            return by_text(asked)
        found = binding.query(asked.window_s or None, asked.provider)
        return found or "neither its binding nor the manifest says a window"


def load_bound(paths: Iterable[str], options: Iterable[str], files: Iterable[str]) -> list[Loaded[AnyPolicy]]:
    """Return the policies in some files, their metrics bound by `--bind` options and by bindings files.

    An option wins over a file. Raises as `load_policy` does, and UsageError or InputError for a binding of no metric.
    """
    named = _of_options(options)
    read = [load_bindings(file) for file in files]
    meaning = BoundMeaning(
        {name: one for each in (*(file.value for file in read), named) for name, one in each.items()}
    )
    try:
        loaded = [load_policy(path, meaning) for path in paths]
    except InputError:
        if meaning.metrics:  # a mistyped name is why the metric is not bound
            _refuse_unused(named, read, list(meaning.metrics))
        raise
    _refuse_unused(named, read, list(meaning.metrics))
    return loaded


def _refuse_unused(named: Mapping[str, Binding], read: Iterable[Loaded[dict[str, Binding]]], known: list[str]) -> None:
    for name in named:
        if name not in known:
            raise UsageError(f'--bind {shown(name)}: there is no metric "{shown(name)}" to bind', _known(name, known))
    unused = [FileReport(file.document, tuple(_unused(file.value, known))) for file in read]
    if wrong := [report for report in unused if report.diagnostics]:
        raise InputError(wrong)


def _of_options(texts: Iterable[str]) -> dict[str, Binding]:
    found: dict[str, Binding] = {}
    for text in texts:
        name, binding = binding_of(text)
        if name in found:
            raise UsageError(f'--bind binds "{shown(name)}" twice', "keep one of them")
        found[name] = binding
    return found


def _unused(bindings: Mapping[str, Binding], known: list[str]) -> Iterable[Diagnostic]:
    for name in bindings:
        if name not in known:
            message = f'there is no metric "{shown(name)}" to bind'
            yield error_at("unused-binding", ("bindings", name), message, _known(name, known), True)


def _known(name: str, known: list[str]) -> str:
    return did_you_mean(name, known, "metrics") if known else "these manifests have no metric with a query"
