"""What all tests share: whole outputs kept in files, renewed by `pytest --update-golden`."""

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("ours", deadline=None)  # a deadline measures the machine
settings.load_profile("ours")


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")
    parser.addoption(
        "--cases",
        action="append",
        metavar="FILE",
        help="recorded cases for tests/conformance instead of our own copies",
    )
    parser.addoption("--sarif-schema", metavar="FILE", help="the official schema of SARIF 2.1.0, which is not ours")


@pytest.fixture
def golden(request):
    """Compare a whole output with the file of that name in `golden/` beside the test."""

    def compare(name, text):
        path = Path(request.path).parent / "golden" / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        assert text == path.read_text(encoding="utf-8")

    return compare
