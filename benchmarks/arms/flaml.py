"""FLAML over TF-IDF: https://microsoft.github.io/FLAML/docs/Use-Cases/Task-Oriented-AutoML."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

# Its names of metrics.
_METRICS = {"accuracy": "accuracy", "f1": "f1", "f1_macro": "macro_f1", "f1_micro": "micro_f1", "neg_log_loss": "log_loss",
            "roc_auc": "roc_auc", "roc_auc_ovr": "roc_auc_ovr", "roc_auc_ovo": "roc_auc_ovo",
            "roc_auc_ovr_weighted": "roc_auc_ovr_weighted", "roc_auc_ovo_weighted": "roc_auc_ovo_weighted",
            "average_precision": "ap"}


class Flaml:
    """FLAML's search over TF-IDF of single words and pairs, the 20,000 most frequent ones.

    Its task for texts fine-tunes a downloaded transformer on a GPU, hence its tabular one, with all its default learners. It
    retrains within the budget (`retrain_full="budget"`). It has no task of several labels: there, each label has a search by
    itself, for F1, with an equal part of the time that is left. It is given the metric of the task, or its default one.
    """

    kind = "system"
    handles = ("binary", "multiclass", "multilabel")
    requirements = ("flaml[automl]==2.7.0", "lightgbm==4.7.0", "xgboost==2.1.4", "scikit-learn==1.9.1", "scipy==1.17.1",
                    "pandas==3.1.1", "numpy==2.4.6")
    imports = ("flaml", "sklearn.feature_extraction.text")

    def fit(self, texts: list[str], labels: list[Any], job: Any) -> None:
        """Count words and search."""
        self.started = time.monotonic()
        import numpy as np
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.preprocessing import LabelEncoder, MultiLabelBinarizer

        self.several = job.kind == "multilabel"
        self.encoder = MultiLabelBinarizer() if self.several else LabelEncoder()
        targets = self.encoder.fit_transform(labels)
        self.classes = list(self.encoder.classes_)
        self.vectorizer = TfidfVectorizer(ngram_range=(1, 2), max_features=20_000)
        features = self.vectorizer.fit_transform(texts)
        columns = list(targets.T) if self.several else [targets]
        self.models: list[Any] = []
        for number, column in enumerate(columns):
            seconds = None
            if job.seconds is not None:
                # A negative time would be none to FLAML.
                seconds = max(0.1, job.seconds - (time.monotonic() - self.started)) / (len(columns) - number)
            constant = len(np.unique(column)) == 1
            self.models.append(column[0] if constant else self._search(features, column, job, seconds))

    def _search(self, features: Any, targets: Any, job: Any, seconds: float | None) -> Any:
        from flaml import AutoML

        limits: dict[str, Any] = {"time_budget": -1 if seconds is None else seconds}
        if job.trials is not None:
            limits["max_iter"] = job.trials
        if job.memory_mib is not None:
            limits["mem_thres"] = job.memory_mib * 2**20
        log = str(Path(job.folder) / "flaml.log")
        metric = "f1" if self.several else _METRICS.get(job.metric, "auto")
        started = time.monotonic()
        model = AutoML()
        model.fit(features, targets, task="classification", metric=metric, n_jobs=job.cpus, seed=job.seed, verbose=0,
                  retrain_full="budget", log_file_name=log, **limits)
        if not self.several and metric != "auto":
            self.curve = _read_curve(log, 0.0 if metric == "log_loss" else 1.0, started - self.started)
        return model

    def predict(self, texts: list[str]) -> list[Any]:
        """Predict labels."""
        import numpy as np

        features = self.vectorizer.transform(texts)
        columns = [model.predict(features) if hasattr(model, "predict") else np.full(len(texts), model)
                   for model in self.models]
        return list(self.encoder.inverse_transform(np.stack(columns, axis=1) if self.several else columns[0]))

    def predict_proba(self, texts: list[str]) -> Any:
        """Predict probabilities."""
        import numpy as np

        features = self.vectorizer.transform(texts)
        if not self.several:
            return self.models[0].predict_proba(features)
        return np.stack([model.predict_proba(features)[:, 1] if hasattr(model, "predict") else np.full(len(texts), float(model))
                         for model in self.models], axis=1)

    def save(self, folder: str) -> None:
        """Pickle what predict needs."""
        import joblib

        joblib.dump((self.vectorizer, self.encoder, self.models), Path(folder) / "model.joblib")


def _read_curve(log: str, best: float, offset: float) -> list[tuple[float, float]]:
    """Best validation score so far, from what FLAML writes: its errors are 1 - score, or the log loss."""
    from flaml.automl.data import get_output_from_log

    seconds, errors, *_ = get_output_from_log(log, float("inf"))
    return [(offset + second, best - error) for second, error in zip(seconds, errors, strict=True)]
