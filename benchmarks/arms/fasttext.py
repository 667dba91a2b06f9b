"""fastText with its autotune: https://fasttext.cc/docs/en/autotune.html."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

# A word that starts like this would be read as a label, hence not one that a text may hold.
_PREFIX = "__label_of_this_row__"


class FastText:
    """fastText's autotune, with 15 % of the rows as its validation file.

    The vectors have the default 100 dimensions; autotune would go up to 1,000, which takes 40 GB with its 10 million buckets.
    It trains again with the best arguments after its time, on the other 85 % of the rows; no option prevents that. With a
    memory limit, arguments that need more are skipped, as autotune does when memory cannot be had. Several labels are learned
    one against all, as its documentation advises, and given where their probability is above a half.
    """

    kind = "system"
    handles = ("binary", "multiclass", "multilabel")
    requirements = ("fasttext-wheel==0.9.2", "numpy==1.26.4")
    imports = ("fasttext",)

    def fit(self, texts: list[str], labels: list[Any], job: Any) -> None:
        """Write the two files and tune."""
        started = time.monotonic()
        import random

        import fasttext

        self.several = job.kind == "multilabel"
        rows = [row if self.several else [row] for row in labels]
        self.classes = sorted({name for row in rows for name in row})
        numbers = {name: number for number, name in enumerate(self.classes)}
        lines = [" ".join([*(f"{_PREFIX}{numbers[name]}" for name in row), _words(text)])
                 for row, text in zip(rows, texts, strict=True)]
        held_out = _validation_rows(rows, random.Random(job.seed))
        train, validation = Path(job.folder, "train.txt"), Path(job.folder, "validation.txt")
        train.write_text("".join(f"{line}\n" for row, line in enumerate(lines) if row not in held_out), "utf-8")
        validation.write_text("".join(f"{lines[row]}\n" for row in sorted(held_out)), "utf-8")
        several = {"loss": "ova", "autotunePredictions": max(1, round(sum(map(len, rows)) / len(rows)))} if self.several else {}
        if job.seconds is not None:
            several["autotuneDuration"] = max(1, round(job.seconds - (time.monotonic() - started)))
        with _memory_limit(job.memory_mib):
            self.model = fasttext.train_supervised(input=str(train), autotuneValidationFile=str(validation), dim=100,
                                                   label=_PREFIX, thread=job.cpus, seed=job.seed, verbose=1, **several)

    def predict(self, texts: list[str]) -> list[Any]:
        """Predict labels."""
        self.last = (texts, self._probabilities(texts))
        if self.several:
            return [[name for name, value in zip(self.classes, row, strict=True) if value > 0.5] for row in self.last[1]]
        return [self.classes[int(row.argmax())] for row in self.last[1]]

    def predict_proba(self, texts: list[str]) -> Any:
        """Predict probabilities."""
        return self.last[1] if texts is self.last[0] else self._probabilities(texts)

    def _probabilities(self, texts: list[str]) -> Any:
        import numpy as np

        out = np.zeros((len(texts), len(self.classes)))
        names, values = self.model.predict([_words(text) for text in texts], k=-1)
        for row, (labels, numbers) in enumerate(zip(names, values, strict=True)):
            out[row, [int(label.removeprefix(_PREFIX)) for label in labels]] = np.minimum(numbers, 1.0)
        return out

    def save(self, folder: str) -> None:
        """Write the model."""
        self.model.save_model(str(Path(folder) / "model.bin"))


def _words(text: str) -> str:
    """One line of a text."""
    return " ".join(text.replace("\0", " ").split()).encode("utf-8", "replace").decode("utf-8")


def _validation_rows(rows: list[list[str]], random: Any) -> set[int]:
    """15 % of the rows of each first label; the only row of a label stays in training."""
    groups: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        groups.setdefault(row[0] if row else "", []).append(number)
    held_out: set[int] = set()
    for group in groups.values():
        random.shuffle(group)
        held_out.update(group[: min(len(group) - 1, max(1, round(0.15 * len(group))))])
    return held_out


class _memory_limit:  # noqa: N801
    """Makes allocations beyond a limit fail, rather than the process."""

    def __init__(self, memory_mib: float | None) -> None:
        self.bytes = None if memory_mib is None else int(memory_mib * 2**20)

    def __enter__(self) -> None:
        import resource

        self.before = resource.getrlimit(resource.RLIMIT_AS)
        if self.bytes is not None:
            resource.setrlimit(resource.RLIMIT_AS, (self.bytes, self.before[1]))

    def __exit__(self, *error: object) -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, self.before)
