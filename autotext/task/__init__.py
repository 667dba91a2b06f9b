"""Data to a frozen Task, its folds and its scripts."""

from autotext.task.languages import language_code
from autotext.task.scripts import CASED, UNSPACED, character_class, guess_language, marks, script, script_shares
from autotext.task.split import Split, default_n_folds, make_folds, row_groups, sample_rows
from autotext.task.task import Label, Task, encode_labels, join_columns

__all__ = ["CASED", "UNSPACED", "Label", "Split", "Task", "character_class", "default_n_folds", "encode_labels",
           "guess_language", "join_columns", "language_code", "make_folds", "marks", "row_groups", "sample_rows", "script",
           "script_shares"]
