"""The public names: all there, none imported before it is used, and the example in the package's docstring holds."""

import doctest
import subprocess
import sys

import pytest

import canary_runner


@pytest.mark.parametrize("name", canary_runner.__all__)
def test_every_public_name_leads_to_its_home(name):
    found = getattr(canary_runner, name)
    assert name == "__version__" or found.__name__ == name


def test_what_is_not_public_is_not_there():
    with pytest.raises(AttributeError, match="no attribute 'walk'"):
        canary_runner.walk  # noqa: B018


def test_importing_the_package_imports_nothing_else():
    loaded = "import canary_runner, sys; print([m for m in sys.modules if m.startswith('canary_runner.')])"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['canary_runner.version']"


def test_the_example_in_the_docstring(monkeypatch, request):
    monkeypatch.chdir(request.config.rootpath)
    found = doctest.testmod(canary_runner)
    assert (found.attempted, found.failed) == (4, 0)
