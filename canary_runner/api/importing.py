"""The verb that makes policies of ours out of manifests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from canary_runner.model.loaded import Converted


def import_policies(
    paths: Iterable[str], bind: Iterable[str] = (), bindings: Iterable[str] = ()
) -> tuple[Converted, ...]:
    """Return each manifest among the files `paths` as a policy of ours, with what it loses.

    Where no policy of ours does the same there is none, and the findings say which rule differs. `bind` and `bindings`
    as in `load_policies`.
    """
    from canary_runner.loading.bound_policies import load_bound
    from canary_runner.loading.converting import converted

    return tuple(converted(one) for one in load_bound(paths, bind, bindings))
