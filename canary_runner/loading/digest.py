"""The SHA-256 of a file's bytes, without loading OpenSSL: that takes longer than to read a policy."""

from importlib import import_module
from typing import Any, Final

_MODULES: Final = ("_sha2", "_sha256", "hashlib")
"""Python's own SHA-256, from 3.12 on and before it, and what is always there; `random` does so too."""


def sha256_hex(data: bytes) -> str:
    """Return the digest of some bytes, 64 hexadecimal digits."""
    digest: str = _first().sha256(data).hexdigest()
    return digest


def _first() -> Any:
    for name in _MODULES:
        try:
            return import_module(name)
        except ImportError:
            continue
    raise ImportError("no SHA-256")
