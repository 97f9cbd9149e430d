"""A loaded manifest -> a policy of ours with what is lost on the way, each loss at the manifest's own line."""

from typing import Any

from canary_runner.loading.document import place_of
from canary_runner.model.diagnostics import Document, FileReport, Route, error_at
from canary_runner.model.foreign import AnyPolicy, ForeignPolicy
from canary_runner.model.loaded import Converted, Loaded
from canary_runner.model.shown import shown


def converted(loaded: Loaded[AnyPolicy]) -> Converted:
    """Return the policy of ours that does what a manifest does, or why there is none."""
    from canary_runner.loading.importers.equivalents import NoEquivalentError, policy_text

    document, policy = loaded.document, loaded.value
    if not isinstance(policy, ForeignPolicy):
        message = "this is a policy of canary-runner already"
        finding = error_at("no-equivalent", ("schema",), message, "give a manifest of another system")
        return Converted(None, FileReport(document, (finding,)))
    try:
        text = policy_text(policy)
    except NoEquivalentError as differs:
        message = f"{shown(policy.name)} has no equivalent here: {differs}"
        help = "run, study and compare take the manifest itself, under its own controller"
        found = [*loaded.losses, error_at("no-equivalent", _place(document, policy), message, help)]
        return Converted(None, FileReport(document, tuple(sorted(found, key=lambda one: place_of(one, document)))))
    return Converted(text, FileReport(document, loaded.losses))


def _place(document: Document, policy: ForeignPolicy) -> Route:
    """Return where the object of a policy says what it is."""
    objects: Any = document.data
    at = policy.route[:1] or (0,)
    return (*at, "kind") if "kind" in objects[int(at[0])] else at
