"""Tasks: from data in any form to texts, labels and folds."""

from autotext.task.findings import is_null
from autotext.task.groups import row_groups
from autotext.task.labels import Label, Labels, encode_labels, label_array, labels_as, read_labels
from autotext.task.languages import language_code
from autotext.task.scripts import (
    CASED,
    UNSPACED,
    character_class,
    combining_marks,
    count_characters,
    guess_language,
    script,
    script_shares,
    word_letters,
)
from autotext.task.split import Split, default_n_folds, make_folds, sample_rows
from autotext.task.task import Task
from autotext.task.texts import read_texts

__all__ = ["CASED", "UNSPACED", "Label", "Labels", "Split", "Task", "character_class", "combining_marks", "count_characters",
           "default_n_folds", "encode_labels", "guess_language", "is_null", "label_array", "labels_as",
           "language_code", "make_folds", "read_labels", "read_texts", "row_groups", "sample_rows", "script",
           "script_shares", "word_letters"]
