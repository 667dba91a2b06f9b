"""SetFit with its defaults on a file of labelled texts, stopped in time; prints a line of JSON. Run by few_labels.py.

$ python setfit_arm.py TRAIN.parquet TEST.parquet MODEL SECONDS
"""

from __future__ import annotations

import json
import sys
import tempfile
import time

import pyarrow.parquet as pq
from datasets import Dataset
from setfit import SetFitModel, Trainer, TrainingArguments
from transformers import TrainerCallback

# Seconds for the head, and for what was loaded before this line.
LEAVING = 10.0
STARTED = time.monotonic()


class Deadline(TrainerCallback):
    """Ends the training of the body in time."""

    def __init__(self, seconds: float) -> None:
        self.ends, self.steps = STARTED + seconds, 0

    def on_step_end(self, args, state, control, **kwargs):  # noqa: D102
        self.steps = state.global_step
        if time.monotonic() > self.ends:
            control.should_training_stop = True
        return control


def main() -> None:
    train_path, test_path, model, seconds = sys.argv[1:]
    train, test = (pq.read_table(path).to_pydict() for path in (train_path, test_path))
    names = sorted(set(train["label"]), key=str)
    deadline = Deadline(float(seconds) - LEAVING)
    body = SetFitModel.from_pretrained(model)
    rows = Dataset.from_dict({"text": train["text"], "label": [names.index(label) for label in train["label"]]})
    with tempfile.TemporaryDirectory() as folder:
        given = TrainingArguments(output_dir=folder, report_to="none", seed=0, show_progress_bar=False)
        Trainer(model=body, args=given, train_dataset=rows, callbacks=[deadline]).train()
    wall = time.monotonic() - STARTED
    predicted = body.predict(test["text"], as_numpy=True)
    right = [names[int(one)] == label for one, label in zip(predicted, test["label"], strict=True)]
    print(json.dumps({"score": sum(right) / len(right), "seconds": round(wall, 1), "steps": deadline.steps}))


if __name__ == "__main__":
    main()
