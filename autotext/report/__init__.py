"""The record of a search, and the record as text."""

from autotext.report.classes import class_table
from autotext.report.report import Report

__all__ = ["Report", "class_table"]
