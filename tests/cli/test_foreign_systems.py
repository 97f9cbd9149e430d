"""Manifests of Flagger, AWS and Kubernetes through the command line: the numbers of their own arithmetic."""

import pytest

pytestmark = pytest.mark.slow
