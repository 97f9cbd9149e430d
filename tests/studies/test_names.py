"""Names that results can tell apart."""

from hypothesis import given
from hypothesis import strategies as st

from canary_runner.studies.names import told_apart

NAMES = st.lists(st.tuples(st.sampled_from(["standard", "bold", "x (1)"]), st.integers(0, 3)), max_size=9)


@given(NAMES)
def test_a_key_has_one_name_and_a_name_one_key(pairs):
    names, keys = [name for name, _ in pairs], list(pairs)
    found = told_apart(names, keys)
    assert len(set(found)) == len(set(zip(found, keys, strict=True))) == len(set(keys))
    for name, key, given_name in zip(found, keys, names, strict=True):
        alone = len({k for n, k in zip(names, keys, strict=True) if n == given_name}) == 1
        assert (name == given_name) == alone, (name, key)


def test_numbers_follow_the_order_in_which_keys_come():
    assert told_apart(["a", "b", "a", "a"], ["y", "z", "x", "y"]) == ["a (1)", "b", "a (2)", "a (1)"]
