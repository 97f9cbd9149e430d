"""What is dear to make and large to keep: a memory with a bound in bytes."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Values by key; those not asked for the longest are forgotten first. Threads may share it."""

    def __init__(self, most_bytes: int, size_of: Callable[[Value], int]) -> None:
        """Keep values of `most_bytes` together, at least one."""
        self._most_bytes, self._size_of = most_bytes, size_of
        self._values: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of a key, made if it is not there; two threads may both make it, the first one's stays."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key][0]
        made = make()
        size = self._size_of(made)
        with self._lock:
            if key not in self._values:
                self._values[key] = (made, size)
                self._bytes += size
                while self._bytes > self._most_bytes and len(self._values) > 1:
                    self._bytes -= self._values.popitem(last=False)[1][1]
            return self._values.get(key, (made, size))[0]

    def forget(self) -> None:
        """Forget all values, so that the next question is a cold one."""
        with self._lock:
            self._values.clear()
            self._bytes = 0
