"""The version, read by the build and by `elman --version` without importing torch."""

__version__ = "0.1.0"
