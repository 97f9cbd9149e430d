"""The digest of a file, whichever module makes it."""

import hashlib
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_runner.loading import digest


@given(st.binary(max_size=300))
def test_it_is_sha256(data):
    assert digest.sha256_hex(data) == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("missing", [("_sha2",), ("_sha256",), ("_sha2", "_sha256")])
def test_it_is_the_same_where_python_has_none_of_its_own(monkeypatch, missing):
    def without(name):
        if name in missing:
            raise ImportError(name)
        return import_module(name)

    monkeypatch.setattr(digest, "import_module", without)
    assert digest.sha256_hex(b"a policy") == hashlib.sha256(b"a policy").hexdigest()
