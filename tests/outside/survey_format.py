"""An input format as a user would write it: answers of a survey, each with its verdict on the line below."""

from autotext import TaskError
from autotext.task.formats import TextFormat, register_format


def recognise(text):
    return text.startswith("%survey\n")


def read(text, name):
    lines = [line for line in text.split("\n")[1:] if line.strip()]
    columns = {"text": [], "label": []}
    for number, (answer, verdict) in enumerate(zip(lines[::2], [*lines[1::2], ""], strict=False), start=1):
        if not verdict.startswith("= "):
            raise TaskError(f"{name}, answer {number}: there is no verdict '= ...' below {answer[:40]!r}.")
        columns["text"].append(answer)
        columns["label"].append(verdict.removeprefix("= "))
    return columns, []


FORMAT = register_format(TextFormat("a survey", (".survey", ".txt"), read, recognise))
