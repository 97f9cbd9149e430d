"""What a call or a test file says beside the manifests of other systems."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ManifestOptions:
    """Words of a call, as they were typed."""

    bind: tuple[str, ...] = ()  # "success-rate=success_ratio,window=5m,arm=canary"
    bindings: tuple[str, ...] = ()  # files that say so; `bind` wins
    further: tuple[str, ...] = ()  # files and folders with what manifests refer to: templates, alarms, workloads
    rollouts: tuple[str, ...] = ()  # names: of a file with several rollouts, these
    in_folders: tuple[str, ...] = ()  # files that folders of the call gave: what stands beside each belongs to it


NOTHING_SAID: Final = ManifestOptions()
