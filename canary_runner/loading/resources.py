"""Files that come with canary-runner: the schemas and the policies."""

import os.path  # pathlib is slow to import
from typing import Final

_PACKAGE: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120


def has_resource(folder: str, name: str) -> bool:
    """Tell whether `schema/NAME` or `policies/NAME` came along."""
    return os.path.isfile(_path(folder, name))  # noqa: PTH113


def resource_text(folder: str, name: str) -> str:
    """Return the text of `schema/NAME` or `policies/NAME`: of the installed package, else of the checkout."""
    with open(_path(folder, name), encoding="utf-8") as file:  # noqa: PTH123
        return file.read()


def _path(folder: str, name: str) -> str:
    installed = os.path.join(_PACKAGE, "data", folder, name)  # noqa: PTH118
    if os.path.exists(installed):  # noqa: PTH110 (first: in site-packages another project may own the name `schema`)
        return installed
    return os.path.join(os.path.dirname(_PACKAGE), folder, name)  # noqa: PTH118, PTH120
