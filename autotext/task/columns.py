"""Which column holds the texts and which the labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autotext.errors import TaskError, suggestion

TEXT_NAMES = ("text", "texts", "sentence", "content", "review", "comment", "message", "document", "utterance", "tweet",
              "body", "query", "texte", "texto", "내용", "문장", "텍스트", "본문", "리뷰", "댓글", "질문",
              "文本", "内容", "本文", "テキスト")
LABEL_NAMES = ("label", "labels", "class", "category", "target", "intent", "sentiment", "emotion", "topic", "tag", "tags",
               "y", "etiqueta", "clase", "라벨", "레이블", "분류", "감정", "감성", "정답", "카테고리", "의도",
               "标签", "类别", "ラベル", "カテゴリ")


def choose_columns(columns: Sequence[str], text: str | Sequence[str] | None, label: str | None,
                   source: str) -> tuple[tuple[str, ...], str]:
    """Text columns and label column: those named, or guessed when only one reading is possible.

    Parameters
    ----------
    columns : sequence of str
        What the data has.
    text : str, sequence of str or None
    label : str or None
    source : str
        What the data is called in an error.

    Returns
    -------
    tuple of str, str

    Raises
    ------
    TaskError
        A named column is missing, or the guess is not certain.

    Examples
    --------
    >>> choose_columns(["id", "내용", "분류"], None, None, "a.csv")
    (('내용',), '분류')
    """
    named = (text,) if isinstance(text, str | int) else tuple(text or ())
    for role, name in [*(("text", name) for name in named), *([("label", label)] if label is not None else [])]:
        if name not in columns:
            raise TaskError(f"{source}: there is no column {name!r} to use as {role}.{suggestion(name, columns)}")
    if label is None:
        texts = named or tuple(name for name in columns if name.strip().casefold() in TEXT_NAMES)
        label = _only(columns, LABEL_NAMES, texts if named or len(texts) == 1 else (), "label", source)
    if label in named:
        raise TaskError(f"{source}: the column {label!r} cannot be both text and label.{suggestion(label, columns)}")
    return named or (_only(columns, TEXT_NAMES, (label,), "text", source),), label


def _only(columns: Sequence[str], usual: Sequence[str], taken: Sequence[str], role: str, source: str) -> str:
    free = [name for name in columns if name not in taken]
    known = [name for name in free if name.strip().casefold() in usual]
    if len(known) == 1:
        return known[0]
    if not known and len(free) == 1 and taken:
        return free[0]
    if not columns:
        raise TaskError(f"{source}: there are no columns for texts and labels.")
    listed = ", ".join(repr(name) for name in columns)
    if len(columns) == 1:
        raise TaskError(f"{source}: there is only one column, {listed}: texts and labels need a column each. If the columns "
                        "are parted by something else than a comma, semicolon, tab or |, save the file with one of these.")
    if not free:
        raise TaskError(f"{source}: no column is left for the {role}. Columns: {listed}. Name fewer text columns with text= "
                        "(command line: --text).")
    example = (known or free)[0 if role == "text" else -1]
    hint = "" if known else " If these are not names but the first row, put a line of names above it, e.g. text,label."
    raise TaskError(f"{source}: cannot tell which column is the {role}. Columns: {listed}. "
                    f"Say so: {role}={example!r} (command line: --{role} {example!r}).{hint}")


def check_texts(values: Sequence[Any], where: str) -> None:
    """Refuse values that are no texts, such as the fields and lists of a nested column.

    Parameters
    ----------
    values : sequence
        Texts, numbers, or nulls.
    where : str
        What they are called in an error.

    Raises
    ------
    TaskError
        Names the first row that holds something else, and what to do.

    Examples
    --------
    >>> check_texts(["so good", 5, None], "a.parquet: the column 'text'")
    """
    for row, value in enumerate(values):
        if value is None or isinstance(value, str | int | float):
            continue
        if isinstance(value, Mapping):
            kind = f"a record ({', '.join(map(repr, list(value)[:5]))})"
            remedy = "Make a column of the field that holds the text, and name that column"
        elif isinstance(value, list | tuple | set | frozenset) or (hasattr(value, "ndim") and value.ndim):
            kind, remedy = f"a {type(value).__name__}", "Join its parts into one text, or name another column"
        elif isinstance(value, bytes):
            kind, remedy = "bytes", "Decode them to text, or name another column"
        else:
            continue
        raise TaskError(f"{where} cannot be read as text: row {row + 1} holds {kind}. {remedy} "
                        "with text= (command line: --text).")
