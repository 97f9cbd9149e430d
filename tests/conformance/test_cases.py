"""Every recorded case, one test each, named by the case; see `formats`."""

import pytest

from tests.conformance import formats


def pytest_generate_tests(metafunc):
    files = metafunc.config.getoption("--cases") or sorted(formats.OUR_CASES.glob("*.json"))
    try:
        found = [one for path in files for one in formats.read(path)]
    except (OSError, ValueError) as wrong:
        raise pytest.UsageError(f"--cases: {wrong}") from wrong
    metafunc.parametrize(
        ("module", "section", "case"), [one[1:] for one in found], ids=[ascii(one[0])[1:-1] for one in found]
    )


def test_recorded_case(module, section, case):
    module.check(section, case)
