"""The version of the package, a constant so that no command reads package metadata."""

__version__ = "0.1.0"
