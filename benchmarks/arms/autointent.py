"""AutoIntent: https://deeppavlov.github.io/AutoIntent; arXiv 2509.21138."""

from __future__ import annotations

import math
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

# Rows of a label of which a fifth, its validation, is one.
_FEWEST = 5


class AutoIntent:
    """AutoIntent's preset classic-light over the vectors of the encoder, refitted on all rows.

    Its limit of time holds for each of the two stages of its search, scoring and decision, and not for the refit. Vectors are
    cached in a folder of the run alone. Its seed is one more than that of the run, as it refuses 0. Its hold-out must have
    every label: rows of a label with fewer than five are repeated. Where it abstains, the label with the best score is taken.
    Of several labels, rows without any are out of scope to it.
    """

    kind = "system"
    handles = ("binary", "multiclass", "multilabel")
    requirements = ("autointent==0.4.0", "torch==2.13.0", "sentence-transformers==3.4.1", "transformers==4.57.6",
                    "scikit-learn==1.9.1", "optuna==4.9.0", "datasets==4.8.5")
    needs_encoder = True

    def prepare(self, job: Any) -> None:
        """Import it, with a cache of its own."""
        os.environ.update(XDG_CACHE_HOME=str(Path(job.folder, "cache")), HF_HUB_OFFLINE="1")
        import autointent  # noqa: F401
        import torch  # noqa: F401

    def fit(self, texts: list[str], labels: list[Any], job: Any) -> None:
        """Search and refit."""
        started = time.monotonic()
        import torch
        from autointent import Dataset, OptimizationConfig, Pipeline
        from autointent.utils import load_preset

        torch.set_num_threads(job.cpus)
        self.several = job.kind == "multilabel"
        self.classes = sorted({name for row in labels for name in row} if self.several else set(labels))
        config = load_preset("classic-light")
        config["embedder_config"] = {"model_name": job.encoder, "device": "cpu"}
        config["logging_config"] = {"project_dir": job.folder}
        if job.trials is not None:
            config["hpo_config"]["n_trials"] = job.trials
        if job.seconds is not None:
            config["hpo_config"]["timeout"] = max(1.0, job.seconds - (time.monotonic() - started))
        self.pipeline = Pipeline.from_optimization_config(OptimizationConfig(seed=job.seed + 1, **config))
        # Of several labels, it would count 2 intents, 0 and 1, without this list.
        intents = [{"id": number, "name": name} for number, name in enumerate(self.classes)]
        self.pipeline.fit(Dataset.from_dict({"train": self._samples(texts, labels), "intents": intents}), refit_after=True)

    def _samples(self, texts: list[str], labels: list[Any]) -> list[dict[str, Any]]:
        if self.several:
            rows = [{"utterance": _clean(text), "label": [int(name in row) for name in self.classes]}
                    for text, row in zip(texts, labels, strict=True)]
            return [row if any(row["label"]) else {"utterance": row["utterance"]} for row in rows]
        numbers, counts = {name: number for number, name in enumerate(self.classes)}, Counter(labels)
        return [{"utterance": _clean(text), "label": numbers[label]} for text, label in zip(texts, labels, strict=True)
                for _ in range(math.ceil(_FEWEST / counts[label]))]

    def predict(self, texts: list[str]) -> list[Any]:
        """Predict labels."""
        from autointent.custom_types import NodeType

        rows = [_clean(text) for text in texts]
        self.last = (texts, self._scores(rows))
        decided = self.pipeline.nodes[NodeType.decision].module.predict(self.last[1])
        if self.several:
            return [[name for name, value in zip(self.classes, row or (), strict=False) if value] for row in decided]
        return [self.classes[int(scores.argmax()) if number is None else int(number)]
                for number, scores in zip(decided, self.last[1], strict=True)]

    def predict_proba(self, texts: list[str]) -> Any:
        """Give its scores; those of a single label, which need not sum to one, divided by their sum."""
        import numpy as np

        scores = np.asarray(self.last[1] if texts is self.last[0] else self._scores([_clean(text) for text in texts]))
        if self.several:
            return scores
        sums = scores.sum(axis=1, keepdims=True)
        return np.where(sums > 0, scores / np.where(sums > 0, sums, 1.0), 1.0 / len(self.classes))

    def _scores(self, texts: list[str]) -> Any:
        from autointent.custom_types import NodeType

        return self.pipeline.nodes[NodeType.scoring].module.predict(texts)

    def save(self, folder: str) -> None:
        """Write the pipeline; it names the encoder and does not hold it."""
        self.pipeline.dump(folder)


def _clean(text: str) -> str:
    """Replace lone surrogates, which are no text to a tokenizer."""
    return text.encode("utf-8", "replace").decode("utf-8")
