"""The laws that windows are summed from, remembered, and made many at once: a batch costs little more than one."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Generic, TypeVar

from canary_runner.stats.laws import beta_binomial_laws, poisson_laws
from canary_runner.stats.tables import Law, Laws

MOST_ENTRIES = 1 << 21
"""Entries of all tables that are remembered: 32 MB."""

Key = TypeVar("Key", bound=Hashable)

Burst = tuple[int, float, float]
"""What a count among a known number of requests depends on: their number, each one's chance, and its burstiness."""


class KnownLaws(Generic[Key]):
    """Laws by what they depend on."""

    def __init__(self, make: Callable[[Sequence[Key]], Laws]) -> None:
        """Take how a batch of laws is made."""
        self._make = make
        self._known: dict[Key, Law] = {}
        self._entries = 0

    def prepare(self, keys: Iterable[Key]) -> None:
        """Make laws that will be asked for."""
        known = self._known
        missing = [key for key in dict.fromkeys(keys) if key not in known]
        if not missing:
            return
        made = dict(zip(missing, self._make(missing), strict=True))
        self._entries += sum(law.probabilities.size for law in made.values())
        if self._entries > MOST_ENTRIES:  # one assignment: other threads keep what they have
            self._known, self._entries = made, sum(law.probabilities.size for law in made.values())
        else:
            known.update(made)

    def forget(self) -> None:
        """Forget all laws, so that the next question is a cold one."""
        self._known, self._entries = {}, 0

    def __getitem__(self, key: Key) -> Law:
        found = self._known.get(key)
        if found is None:
            self.prepare([key])
            found = self._known.get(key)  # unless another thread has started afresh
        return self._make([key])[0] if found is None else found


POISSON: KnownLaws[float] = KnownLaws(poisson_laws)
"""Poisson laws by their means."""

BURSTS: KnownLaws[Burst] = KnownLaws(lambda keys: beta_binomial_laws(*zip(*keys, strict=True)))
"""Binomial and beta-binomial laws; without burstiness they are the former."""
