"""A stream of manifests, read as users' files are."""

from canary_runner.loading.manifests import read_manifests


def document_of(text, name="manifest.yaml"):
    """Return the objects of a stream; routes begin with the index of the object."""
    report = read_manifests(name, text.encode())
    assert report.is_valid, report.diagnostics
    return report.document
