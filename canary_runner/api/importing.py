"""The verb that makes policies of ours out of manifests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from canary_runner.model.manifest_options import NOTHING_SAID, ManifestOptions

if TYPE_CHECKING:
    from canary_runner.model.loaded import Converted


def import_policies(paths: Iterable[str], said: ManifestOptions = NOTHING_SAID) -> tuple[Converted, ...]:
    """Return each manifest among the files `paths` as a policy of ours, with what it loses.

    Where no policy of ours does the same there is none, and the findings say which rule differs. `said` is what the
    call says beside manifests; of a file with several rollouts every one is taken, if none is named.
    """
    from canary_runner.loading.converting import converted
    from canary_runner.loading.surroundings import load_with

    return tuple(converted(one) for one in load_with(paths, said, is_every=True))
