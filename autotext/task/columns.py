"""The choice of text and label columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autotext.errors import TaskError, suggestion
from autotext.task.names import find_name, visible

Names = str | int | Sequence[str | int] | None
_SHOWN = 500

TEXT_NAMES = ("text", "texts", "sentence", "content", "review", "comment", "message", "document", "utterance", "tweet",
              "body", "query", "text_pair", "texte", "texto", "내용", "문장", "텍스트", "본문", "리뷰", "댓글", "질문",
              "文本", "内容", "本文", "テキスト")
LABEL_NAMES = ("label", "labels", "class", "category", "target", "intent", "sentiment", "emotion", "topic", "tag", "tags",
               "y", "etiqueta", "clase", "라벨", "레이블", "분류", "감정", "감성", "정답", "카테고리", "의도",
               "标签", "类别", "ラベル", "カテゴリ")



def choose_columns(columns: Mapping[str, Sequence[Any]], text: Names, label: Names,
                   source: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Find the text and label columns, by their names or, if only one choice is possible, by guessing.

    Parameters
    ----------
    columns : mapping of str to sequence
        Columns of the data, by name.
    text, label : str, int, sequence of them, or None
        A number stands for the column with this name. Several label columns make an indicator matrix.
    source : str
        Name of the data, for errors.

    Returns
    -------
    tuple of str, tuple of str

    Raises
    ------
    TaskError
        A named column is missing, or the guess is not certain.

    Examples
    --------
    >>> choose_columns({"id": ["1"], "내용": ["좋아요"], "분류": ["긍정"]}, None, None, "a.csv")
    (('내용',), ('분류',))
    """
    texts, labels = find_columns(text, "text", columns, source), find_columns(label, "label", columns, source)
    if not labels:
        usual = texts or tuple(name for name in columns if is_usual(name, TEXT_NAMES))
        labels = (_only(columns, LABEL_NAMES, texts if texts or len(usual) != 1 else usual, "label", source),)
    both = next((name for name in labels if name in texts), None)
    if both is not None:
        raise TaskError(f"{source}: the column {both!r} cannot be both text and label.{suggestion(both, columns)}")
    return texts or (_only(columns, TEXT_NAMES, labels, "text", source),), labels


def find_columns(names: Names, role: str, columns: Mapping[str, Sequence[Any]], source: str) -> tuple[str, ...]:
    """Find columns by their names.

    Parameters
    ----------
    names : str, int or sequence of them
    role : {"text", "label"}
        What the columns are for, for errors.
    columns : mapping of str to sequence of object
    source : str
        Name of the data, for errors.

    Raises
    ------
    TaskError
        There is no such column.

    Examples
    --------
    >>> find_columns("text", "text", {"text ": ["so good"], "label": [1]}, "a.csv")
    ('text ',)
    """
    matches = []
    for name in (names,) if isinstance(names, str | int) else tuple(names or ()):
        column = find_name(name, columns)
        if column is None:
            raise TaskError(f"{source}: there is no column {str(name)!r} to use as {role}.{suggestion(name, columns)}")
        matches.append(column)
    return tuple(matches)


def is_usual(name: str, usual: Sequence[str]) -> bool:
    """Whether the name of a column is usual for its kind.

    Parameters
    ----------
    name : str
    usual : sequence of str
        Usual names of such columns.

    Examples
    --------
    >>> is_usual("Text", ("text",)), is_usual("stars", ("text",))
    (True, False)
    """
    return visible(name).strip().casefold() in usual


def _only(columns: Mapping[str, Sequence[Any]], usual: Sequence[str], used: Sequence[str], role: str, source: str) -> str:
    free = [name for name in columns if name not in used]
    usual_names = [name for name in free if is_usual(name, usual)]
    if len(usual_names) == 1:
        return usual_names[0]
    if not usual_names and len(free) == 1 and used:
        return free[0]
    if not columns:
        raise TaskError(f"{source}: there are no columns for texts and labels.")
    listed = ", ".join(map(repr, columns))
    if len(columns) == 1:
        raise TaskError(f"{source}: there is only one column, {listed}: texts and labels need a column each. If the columns "
                        "are parted by something else than a comma, semicolon, tab or |, save the file with one of these.")
    if not free:
        raise TaskError(f"{source}: no column is left for the {role}. Columns: {listed}. Name fewer text columns with text= "
                        "(command line: --text).")
    likely = sorted(usual_names or free, key=lambda name: -text_likeness(columns[name]))
    example = likely[0 if role == "text" else -1]
    hint = "" if usual_names else " If these are not names but the first row, put a line of names above it, e.g. text,label."
    raise TaskError(f"{source}: cannot tell which column is the {role}. Columns: {listed}. "
                    f"Say so: {role}={example!r} (command line: --{role} {example!r}).{hint}")


def text_likeness(values: Sequence[Any]) -> float:
    """How much values resemble texts, which are long and varied, rather than labels, which are few and short.

    Parameters
    ----------
    values : sequence of object

    Examples
    --------
    >>> text_likeness(["so good that I bought two", "not what I expected"]) > text_likeness(["+", "-"])
    True
    """
    shown = [str(value) for value in values[:_SHOWN]]
    return sum(map(len, shown)) * len(set(shown)) / max(len(shown), 1) ** 2
