"""File formats, each in a file of its own: what it is known by, and how it becomes columns."""

from autotext.task.formats.format import Annotations, BinaryFormat, TextFormat
from autotext.task.formats.reading import read_content, refuse_unsupported
from autotext.task.formats.registry import readable_endings, register_format

__all__ = ["Annotations", "BinaryFormat", "TextFormat", "read_content", "readable_endings", "refuse_unsupported",
           "register_format"]
