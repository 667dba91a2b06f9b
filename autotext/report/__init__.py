"""The record of a search, and how it is rendered as text."""

from autotext.report.classes import HEADER, class_averages, class_line, class_table
from autotext.report.report import Report

__all__ = ["HEADER", "Report", "class_averages", "class_line", "class_table"]
