"""AutoGluon's tabular predictor: https://auto.gluon.ai/stable/tutorials/tabular/index.html."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

# Its names of metrics, where they are others.
_METRICS = {"matthews_corrcoef": "mcc", "neg_log_loss": "log_loss", "roc_auc_ovr_weighted": "roc_auc_ovr_weighted"}


class AutoGluon:
    """AutoGluon's tabular predictor with its default preset, which takes a text as counts of its word n-grams.

    It finds out by itself that the column is text. Its multimodal predictor fine-tunes a downloaded transformer. Its preset
    `best_quality` is meant for an hour. Every label stays a class (`label_count_threshold=1`), which otherwise needs 10 rows.
    It takes no seed. It is given the metric of the task where it has it.
    """

    kind = "system"
    handles = ("binary", "multiclass")
    requirements = ("autogluon.tabular[lightgbm,xgboost,catboost,fastai]==1.6.3", "torch==2.13.0", "scikit-learn==1.9.1",
                    "pandas==2.3.3", "numpy==2.4.6", "lightgbm==4.7.0", "catboost==1.2.10", "fastai==2.8.7")
    imports = ("pandas", "autogluon.core.metrics", "autogluon.tabular")

    def fit(self, texts: list[str], labels: list[Any], job: Any) -> None:
        """Search."""
        started = time.monotonic()
        import pandas as pd
        from autogluon.core.metrics import METRICS
        from autogluon.tabular import TabularPredictor

        self.classes = sorted(set(labels))
        numbers = {name: number for number, name in enumerate(self.classes)}
        frame = pd.DataFrame({"text": [_clean(text) for text in texts], "label": [numbers[label] for label in labels]})
        metric = _METRICS.get(job.metric, job.metric)
        limits: dict[str, Any] = {}
        if job.memory_mib is not None:
            limits["memory_limit"] = job.memory_mib / 1024
        if job.seconds is not None:
            limits["time_limit"] = max(1.0, job.seconds - (time.monotonic() - started))
        self.predictor = TabularPredictor(
            label="label", problem_type=job.kind, eval_metric=metric if metric in METRICS[job.kind] else None,
            path=str(Path(job.folder, "autogluon")), verbosity=2, learner_kwargs={"label_count_threshold": 1})
        self.predictor.fit(frame, num_cpus=job.cpus, num_gpus=0, **limits)

    def predict(self, texts: list[str]) -> list[Any]:
        """Predict labels."""
        return [self.classes[int(number)] for number in self.predictor.predict(self._frame(texts))]

    def predict_proba(self, texts: list[str]) -> Any:
        """Predict probabilities."""
        return self.predictor.predict_proba(self._frame(texts)).reindex(columns=range(len(self.classes)), fill_value=0.0).values

    def _frame(self, texts: list[str]) -> Any:
        import pandas as pd

        return pd.DataFrame({"text": [_clean(text) for text in texts]})

    def save(self, folder: str) -> None:
        """Write what predict needs."""
        self.predictor.clone_for_deployment(str(Path(folder, "model")))


def _clean(text: str) -> str:
    """Replace lone surrogates, which cannot be written."""
    return text.encode("utf-8", "replace").decode("utf-8")
