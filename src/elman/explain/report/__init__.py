"""A network at work on real sequences, as plain data for the page."""

from elman.explain.report.build import report
from elman.explain.report.page import Page

__all__ = ["Page", "report"]
