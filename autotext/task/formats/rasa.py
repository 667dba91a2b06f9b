"""Training data of Rasa NLU: YAML, with examples under each intent."""

from __future__ import annotations

import re
from typing import Any

import yaml

from autotext.errors import TaskError, describe_error
from autotext.task.formats.format import TextFormat
from autotext.task.formats.registry import register_format
from autotext.task.tables import Columns

_NLU = re.compile(r"^nlu:\s*(?:#.*)?$", re.MULTILINE)
_INTENT = re.compile(r"^\s*-\s*intent:", re.MULTILINE)
# [Paris](city) or [Paris]{"entity": "city"}: a mark within an example, not a part of what was said.
_ENTITY = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")
_FORM = 'Rasa writes "nlu:", below it "- intent: greet", and below that "examples: |" with a line "- hello" for each.'


def _recognise(text: str) -> bool:
    return _NLU.search(text) is not None and _INTENT.search(text) is not None


def _read(text: str, name: str) -> tuple[Columns, list[str]]:
    try:
        # Without types: an intent may be called yes, and an example be 12:30.
        content = yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise TaskError(f"{name} is not readable YAML: {describe_error(error)}.") from None
    entries = content.get("nlu") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise TaskError(f"{name} is YAML, but not of Rasa NLU. {_FORM} Other YAML cannot be read; write the rows as .jsonl.")
    texts, labels, others = [], [], []
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("intent"), str):
            others.append(str(next(iter(entry), "nothing")) if isinstance(entry, dict) else type(entry).__name__)
            continue
        examples = _examples(entry.get("examples"), name)
        texts += examples
        labels += [entry["intent"]] * len(examples)
    if not texts:
        raise TaskError(f"{name} has no examples of an intent. {_FORM}")
    kinds = ", ".join(sorted(set(others)))
    return {"text": texts, "label": labels}, [f"{name}: not read, as they are no intents: {kinds}."] if others else []


def _examples(examples: Any, name: str) -> list[str]:
    if isinstance(examples, str):
        lines = [line.strip() for line in examples.split("\n") if line.strip()]
        examples = [line.removeprefix("-").strip() for line in lines]
    elif isinstance(examples, list):
        examples = [example.get("text") if isinstance(example, dict) else example for example in examples]
    else:
        examples = []
    if not all(isinstance(example, str) for example in examples):
        raise TaskError(f"{name}: an example is no text. {_FORM}")
    return [_ENTITY.sub(r"\1", example.strip()) for example in examples]


register_format(TextFormat("training data of Rasa NLU", (".yml", ".yaml"), _read, _recognise))
