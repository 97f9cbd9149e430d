"""Files that come with canary-runner: the schemas and the policies."""

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).parent.parent


def resource(folder: str, name: str) -> Path:
    """Return the path of `schema/NAME` or `policies/NAME`: of the installed package, else of the checkout."""
    installed = _PACKAGE / "data" / folder / name  # first: in site-packages another project may own the name `schema`
    return installed if installed.exists() else _PACKAGE.parent / folder / name
