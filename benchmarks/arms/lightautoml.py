"""LightAutoML's preset for texts: https://lightautoml.readthedocs.io."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

# Its names of metrics, by kind of task; where there is none, its default.
_METRICS = {"binary": {"accuracy": "accuracy", "roc_auc": "auc", "neg_log_loss": "logloss"},
            "multiclass": {"accuracy": "accuracy", "roc_auc_ovr": "auc", "neg_log_loss": "crossentropy", "f1_macro": "f1_macro",
                           "f1_micro": "f1_micro", "f1_weighted": "f1_weighted"},
            "multilabel": {}}


class LightAutoML:
    """LightAutoML's preset for texts with TF-IDF features, within its hard limit of time.

    The TF-IDF is that of the preset, reduced to 100 components, for its linear model and its boosting alike; its other features
    need downloaded vectors. `timing_params={"mode": 2}` is its option that keeps the limit. The selection of features is off,
    since it fails where a text is the only column. A label with a single row, which it refuses, is given twice. It is given
    the metric of the task where it has it. Several labels are given where their probability is above a half; there its
    boosting is CatBoost, as LightGBM, the default one, does not do them.
    """

    kind = "system"
    handles = ("binary", "multiclass", "multilabel")
    requirements = ("lightautoml[nlp]==0.4.2", "torch==2.13.0", "transformers==5.24.0", "scikit-learn==1.9.1", "pandas==3.1.1",
                    "numpy==2.4.6", "lightgbm==4.7.0", "catboost==1.2.10", "optuna==5.0.0")
    imports = ("lightautoml.automl.presets.text_presets",)

    def fit(self, texts: list[str], labels: list[Any], job: Any) -> None:
        """Search."""
        started = time.monotonic()
        import pandas as pd
        from lightautoml.automl.presets.text_presets import TabularNLPAutoML
        from lightautoml.tasks import Task

        self.several = job.kind == "multilabel"
        self.classes = sorted({name for row in labels for name in row} if self.several else set(labels))
        rows, targets = _table(texts, labels, self.classes, self.several)
        frame = pd.DataFrame({"text": rows, **targets})
        metric = _METRICS[job.kind].get(job.metric)
        limits: dict[str, Any] = {"cpu_limit": job.cpus, "gpu_ids": None}
        if self.several:
            limits["general_params"] = {"use_algos": [["linear_l2", "cb"]]}
        if job.memory_mib is not None:
            limits["memory_limit"] = max(1, round(job.memory_mib / 1024))
        if job.seconds is not None:
            limits["timeout"] = max(1, round(job.seconds - (time.monotonic() - started)))
        self.model = TabularNLPAutoML(
            task=Task(job.kind, **({"metric": metric} if metric else {})), timing_params={"mode": 2},
            selection_params={"mode": 0}, reader_params={"random_state": job.seed, "n_jobs": job.cpus},
            text_params={"lang": job.language if job.language in ("en", "ru") else "multi", "random_state": job.seed},
            gbm_pipeline_params={"text_features": "tfidf"}, linear_pipeline_params={"text_features": "tfidf"}, **limits)
        self.model.fit_predict(frame, roles={"target": list(targets) if self.several else "label", "text": ["text"]}, verbose=1)

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
        import pandas as pd

        values = self.model.predict(pd.DataFrame({"text": [_clean(text) for text in texts]})).data
        return np.hstack([1.0 - values, values]) if values.shape[1] == 1 and not self.several else values

    def save(self, folder: str) -> None:
        """Pickle the model, as its tutorials do."""
        import joblib

        joblib.dump(self.model, Path(folder) / "model.joblib")


def _clean(text: str) -> str:
    """Replace lone surrogates, which cannot be written."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _table(texts: list[str], labels: list[Any], classes: list[str], several: bool) -> tuple[list[str], dict[str, Any]]:
    """Texts, and columns of targets."""
    rows = [_clean(text) for text in texts]
    if several:
        return rows, {f"label_{number}": [int(name in row) for row in labels] for number, name in enumerate(classes)}
    numbers = {name: number for number, name in enumerate(classes)}
    alone = [row for row, label in enumerate(labels) if labels.count(label) == 1]
    return (rows + [rows[row] for row in alone],
            {"label": [numbers[label] for label in [*labels, *(labels[row] for row in alone)]]})
