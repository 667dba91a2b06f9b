"""The floor under every system."""

from __future__ import annotations

from pathlib import Path
from typing import Any


class Majority:
    """The most frequent label for every text.

    Of several labels, each that at least half of the training rows have; where there is none, the most frequent one.
    """

    kind = "model"
    handles = ("binary", "multiclass", "multilabel")
    requirements = ()
    imports = ("sklearn.dummy", "sklearn.preprocessing")

    def fit(self, texts: list[str], labels: list[Any], job: Any) -> None:
        """Count the labels."""
        import numpy as np
        from sklearn.dummy import DummyClassifier
        from sklearn.preprocessing import MultiLabelBinarizer

        if job.kind != "multilabel":
            self.model = DummyClassifier(strategy="prior").fit(texts, labels)
            self.classes, self.shares = list(self.model.classes_), self.model.class_prior_
            self.answer: Any = self.classes[int(np.argmax(self.shares))]
            return
        binarizer = MultiLabelBinarizer()
        self.shares = binarizer.fit_transform(labels).mean(axis=0)
        self.classes = list(binarizer.classes_)
        self.answer = [name for name, share in zip(self.classes, self.shares, strict=True)
                       if share >= min(0.5, self.shares.max())]

    def predict(self, texts: list[str]) -> list[Any]:
        """Give the same answer to every text."""
        return [self.answer for _ in texts]

    def predict_proba(self, texts: list[str]) -> list[Any]:
        """Give the shares of the classes among the training rows."""
        return [self.shares for _ in texts]

    def save(self, folder: str) -> None:
        """Pickle what predict needs."""
        import joblib

        joblib.dump((self.classes, self.shares, self.answer), Path(folder) / "model.joblib")
