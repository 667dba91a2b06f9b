"""SetFit: https://huggingface.co/docs/setfit; Tunstall et al. (2022), arXiv 2209.11055."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

# The default batch, and pairs of each text in the paper (its R = 20, of one alike and one unlike).
_BATCH, _PAIRS = 16, 40
# Steps that are timed after a first one; share of the time that is left to what cannot be foreseen.
_TIMED, _SPARE = 1, 0.1


class SetFit:
    """SetFit with its defaults, for as many steps as fit into the time.

    It has no limit of time: a few steps on a copy of the encoder are timed, and `max_steps` is set to what fits, so that its
    learning rate rises and falls as it should; at most to the 40 pairs for each text of the paper. A callback ends the training
    where that was too much. The head is its default logistic regression; of several labels, one against the rest.
    """

    kind = "system"
    handles = ("binary", "multiclass", "multilabel")
    requirements = ("setfit==1.2.0", "torch==2.13.0", "transformers==5.23.0", "sentence-transformers==6.2.0", "datasets==5.2.0",
                    "scikit-learn==1.9.1")
    imports = ("datasets", "setfit", "torch", "transformers")
    needs_encoder = True

    def fit(self, texts: list[str], labels: list[Any], job: Any) -> None:
        """Time a few steps, then train."""
        started = time.monotonic()
        import torch

        torch.set_num_threads(job.cpus)
        self.several = job.kind == "multilabel"
        self.classes = sorted({name for row in labels for name in row} if self.several else set(labels))
        numbers = {name: number for number, name in enumerate(self.classes)}
        rows = [_clean(text) for text in texts]
        if self.several:
            targets: list[Any] = [[int(name in row) for name in self.classes] for row in labels]
        else:
            targets = [numbers[name] for name in labels]
        steps = max(1, _PAIRS * len(rows) // _BATCH)
        ends = None
        if job.seconds is not None:
            step, encoding = self._timed(rows, targets, job)
            ends = started + (1.0 - _SPARE) * job.seconds - encoding * len(rows)
            steps = min(steps, max(1, int((ends - time.monotonic()) / step)))
        self.model = self._trained(rows, targets, job, steps, ends)

    def _timed(self, texts: list[str], targets: list[Any], job: Any) -> tuple[float, float]:
        """Seconds of a step, and of the encoding of a text."""
        import random

        # Few rows, as pairs are formed of all rows beforehand.
        rows = random.Random(job.seed).sample(range(len(texts)), min(len(texts), 4 * _BATCH))
        if not self.several and len({targets[row] for row in rows}) == 1:
            rows += [row for row, target in enumerate(targets) if target != targets[rows[0]]][:1]
        some = [texts[row] for row in rows]
        clock = _clock(None)
        model = self._load(job)
        self._trainer(model, some, [targets[row] for row in rows], job, _TIMED + 1, clock).train_embeddings(
            some, [targets[row] for row in rows])
        first = time.monotonic()
        model.encode(some)
        return clock.seconds_of_a_step(), (time.monotonic() - first) / len(some)

    def _trained(self, texts: list[str], targets: list[Any], job: Any, steps: int, ends: float | None) -> Any:
        model = self._load(job)
        self._trainer(model, texts, targets, job, steps, _clock(ends)).train()
        return model

    def _load(self, job: Any) -> Any:
        from setfit import SetFitModel

        options = {"multi_target_strategy": "one-vs-rest"} if self.several else {}
        return SetFitModel.from_pretrained(job.encoder, **options)

    def _trainer(self, model: Any, texts: list[str], targets: list[Any], job: Any, steps: int, clock: Any) -> Any:
        from datasets import Dataset
        from setfit import Trainer, TrainingArguments

        options = TrainingArguments(output_dir=job.folder, report_to="none", seed=job.seed, show_progress_bar=False,
                                    save_strategy="no", batch_size=_BATCH, max_steps=steps)
        return Trainer(model=model, args=options, callbacks=[clock],
                       train_dataset=Dataset.from_dict({"text": texts, "label": targets}))

    def predict(self, texts: list[str]) -> list[Any]:
        """Predict labels."""
        predicted = self.model.predict([_clean(text) for text in texts], as_numpy=True)
        if not self.several:
            return [self.classes[int(number)] for number in predicted]
        return [[name for name, value in zip(self.classes, row, strict=True) if value] for row in predicted]

    def save(self, folder: str) -> None:
        """Write the encoder and the head."""
        self.model.save_pretrained(str(Path(folder) / "model"))


def _clean(text: str) -> str:
    """Replace lone surrogates, which are no text to a tokenizer."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _clock(ends: float | None) -> Any:
    """Make the callback that notes when steps end, and ends the training in time."""
    from transformers import TrainerCallback

    class Clock(TrainerCallback):  # type: ignore[misc]
        def __init__(self) -> None:
            self.times: list[float] = []

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:
            self.times.append(time.monotonic())
            if ends is not None and self.times[-1] > ends:
                control.should_training_stop = True
            return control

        def seconds_of_a_step(self) -> float:
            # The first step also allocates.
            return (self.times[-1] - self.times[0]) / max(1, len(self.times) - 1)

    return Clock()
