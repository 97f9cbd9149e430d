"""Words have addresses: however they are fetched, they are the same, and they are NumPy's Philox."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_runner.engines.philox import philox
from canary_runner.engines.streams import BLOCK, FEW, SERIES, STREAM, Purpose, Stream, scattered

WORDS = st.integers(0, 2**64 - 1)


@given(st.tuples(*[st.integers(0, 2**63)] * 4), st.tuples(WORDS, WORDS))
def test_philox_is_numpys(counter, key):
    bits = np.random.Philox(key=np.array(key, np.uint64), counter=np.array(counter, np.uint64))
    first, *rest = counter  # NumPy counts up before its first draw
    ours = philox((np.array([first + 1], np.uint64), *rest), key)
    assert ours[:, 0].tolist() == bits.random_raw(4).tolist()


def test_published_vector():
    """Random123's known answers for philox4x64-10, all-zero and all-one input."""
    zero = philox((np.array([0], np.uint64), 0, 0, 0), (0, 0))[:, 0]
    assert [hex(w) for w in zero] == [
        "0x16554d9eca36314c", "0xdb20fe9d672d0fdc", "0xd7e772cee186176b", "0x7e68b68aec7ba23b",
    ]  # fmt: skip
    ones = 2**64 - 1
    full = philox((np.array([ones], np.uint64), ones, ones, ones), (ones, ones))[:, 0]
    assert [hex(w) for w in full] == [
        "0x87b092c3013fe90b", "0x438c3c67be8d0224", "0x9cc7d7c69cd777b6", "0xa09caebf594f0ba0",
    ]  # fmt: skip


@given(WORDS, st.integers(0, 99), st.integers(0, 2**40), st.sampled_from(Purpose), st.integers(0, 10**5), st.data())
@settings(max_examples=30, deadline=None)
def test_lone_rows_are_rows_of_the_block(seed, stage, block, purpose, analysis, data):
    series = data.draw(st.lists(st.integers(0, SERIES - 1), min_size=1, max_size=4))
    rows = np.array(data.draw(st.lists(st.integers(0, BLOCK - 1), min_size=1, max_size=FEW)))
    stream = Stream(seed, stage, block, purpose)
    whole = stream.words(analysis, series, np.arange(BLOCK))
    assert stream.words(analysis, series, rows).tolist() == whole[:, rows].tolist()
    places = np.full(len(series), stage), np.full(len(series), analysis), np.array(series), int(rows[0])
    pairs = scattered(seed, block, purpose, places)
    assert pairs.tolist() == whole[:, rows[0]].tolist()


@pytest.mark.parametrize("field", ["seed", "stage", "block", "purpose", "analysis", "series", "row"])
def test_every_part_of_an_address_matters(field):
    address = {"seed": 1, "stage": 1, "block": 1, "purpose": 0, "analysis": 1, "series": 1, "row": 1}

    def word(a):
        stream = Stream(a["seed"], a["stage"], a["block"], Purpose(a["purpose"]))
        return int(stream.words(a["analysis"], [a["series"]], np.array([a["row"]]))[0, 0])

    assert word(address | {field: address[field] + 1}) != word(address)


def test_stream_number_is_in_the_key():
    place = SERIES * BLOCK // 4 + 1
    word = Stream(5, 0, 0).words(1, [0], np.array([0]))[0, 0]
    assert word == philox((np.array([place], np.uint64), 0, 0, 0), (5, STREAM))[0, 0]
