"""File formats, each in a file of its own: what it is known by, and how it becomes columns."""

from autotext.task.formats.reading import ENDINGS, read_content, refuse_known_kinds

__all__ = ["ENDINGS", "read_content", "refuse_known_kinds"]
