"""Recorded behaviour of the real controllers, held against ours; `--cases FILE` takes any file in these formats."""
