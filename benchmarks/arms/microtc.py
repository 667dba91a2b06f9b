"""microTC: https://microtc.readthedocs.io; Tellez, Moctezuma, Miranda-Jiménez & Graff (2018), arXiv 1704.01975."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

# Its names of metrics; another one is replaced by its default.
_METRICS = {"accuracy": "accuracy", "f1_micro": "accuracy", "f1_macro": "macrof1", "f1_weighted": "weightedf1",
            "balanced_accuracy": "macrorecall", "recall_macro": "macrorecall"}
# Options of its command line by default: random configurations at first, and the share of the rows that train.
_SAMPLE, _RATIO = 32, 0.8


class MicroTC:
    """microTC's own search, random and then hill climbing, ended at the limit of time.

    It has no limit of time: the search is its own, with the options that its command line has by default and its `-H`, and is
    left when the next configuration and the training on all rows would no longer fit. It has no probabilities. It looks at the
    metric of the task, or at macro-F1.
    """

    kind = "system"
    handles = ("binary", "multiclass")
    requirements = ("microtc==2.4.13", "scikit-learn==1.9.1", "scipy==1.17.1", "numpy==2.4.6")
    imports = ("microtc.params", "microtc.textmodel", "microtc.wrappers", "sklearn.preprocessing")

    def fit(self, texts: list[str], labels: list[Any], job: Any) -> None:
        """Search, then train on all rows."""
        started = time.monotonic()
        import contextlib
        import multiprocessing

        import numpy as np
        from microtc.command_line import clean_params
        from microtc.params import ParameterSelection
        from microtc.scorewrapper import ScoreSampleWrapper
        from microtc.textmodel import TextModel
        from microtc.wrappers import ClassifierWrapper
        from sklearn.preprocessing import LabelEncoder

        np.random.seed(job.seed)  # noqa: NPY002 - what microTC draws from
        self.curve = curve = []
        tried: list[dict[str, Any]] = []

        class Selection(ParameterSelection):  # type: ignore[misc]
            """Notes what is tried, and ends when the time is over."""

            def get_best(self, fun_score: Any, cand: Any, desc: str = "", pool: Any = None) -> Any:
                scored = []
                # Neighbours carry what was noted of the configuration they come from, which its text model refuses.
                cand = [({key: value for key, value in conf.items() if key[0] != "_"}, code) for conf, code in cand]
                for result in map(fun_score, cand) if pool is None else pool.imap_unordered(fun_score, cand):
                    scored.append(result)
                    tried.append(result)
                    curve.append((time.monotonic() - started, float(max(result["_score"] for result in tried))))
                    if _is_over(tried, started, job):
                        raise _Over
                return sorted(scored, key=_score_of, reverse=True)

        # As its command line reads them: one of its weights needs the labels beside the texts.
        rows = [{"text": text, "klass": label} for text, label in zip(texts, labels, strict=True)]
        score = ScoreSampleWrapper(rows, labels, ratio=_RATIO, score=_METRICS.get(job.metric, "macrof1"))
        processes = multiprocessing.Pool(job.cpus) if job.cpus > 1 else contextlib.nullcontext()
        with processes as pool, contextlib.suppress(_Over):
            Selection().search(score, bsize=_SAMPLE, hill_climbing=True, pool=pool)
        best = max(tried, key=_score_of)
        self.encoder = LabelEncoder().fit(labels)
        self.text_model = TextModel(rows, **clean_params(best))
        self.classifier = ClassifierWrapper()
        self.classifier.fit([self.text_model[row] for row in rows], self.encoder.transform(labels))

    def predict(self, texts: list[str]) -> list[Any]:
        """Predict labels."""
        return list(self.encoder.inverse_transform(self.classifier.predict([self.text_model[text] for text in texts])))

    def save(self, folder: str) -> None:
        """Write the model."""
        from microtc.utils import save_model

        save_model([self.text_model, self.classifier, self.encoder], str(Path(folder) / "model.microtc"))


class _Over(Exception):  # noqa: N818
    """The time is over."""


def _score_of(result: dict[str, Any]) -> float:
    return float(result["_score"])


def _is_over(tried: list[dict[str, Any]], started: float, job: Any) -> bool:
    """Whether the slowest configuration so far and a training on all rows no longer fit, or the trials are used up."""
    if job.trials is not None and len(tried) >= job.trials:
        return True
    if job.seconds is None:
        return False
    slowest = max(result["_time"] for result in tried)
    best = max(tried, key=_score_of)
    return time.monotonic() - started + slowest + best["_time"] / _RATIO > job.seconds
