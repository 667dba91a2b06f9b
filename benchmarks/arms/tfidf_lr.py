"""The baseline that a practitioner writes in ten minutes."""

from __future__ import annotations

from pathlib import Path
from typing import Any


class TfidfLogisticRegression:
    """TF-IDF of single words and pairs, and logistic regression whose C is the best of 1, 10, 100 in 3 folds.

    For several labels, one such regression for each label. The folds are scored with the metric of the task.
    """

    kind = "model"
    handles = ("binary", "multiclass", "multilabel")
    requirements = ()
    imports = ("sklearn.feature_extraction.text", "sklearn.linear_model", "sklearn.model_selection", "sklearn.multiclass",
               "sklearn.pipeline")

    def fit(self, texts: list[str], labels: list[Any], job: Any) -> None:
        """Search C, then fit on all rows."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
        from sklearn.multiclass import OneVsRestClassifier
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import LabelEncoder, MultiLabelBinarizer

        several = job.kind == "multilabel"
        self.encoder = MultiLabelBinarizer() if several else LabelEncoder()
        targets = self.encoder.fit_transform(labels)
        self.classes = list(self.encoder.classes_)
        # Folds cannot be stratified where every class has fewer rows than there are folds.
        plain = several or max(labels.count(name) for name in self.classes) < 3
        folds = (KFold if plain else StratifiedKFold)(3, shuffle=True, random_state=job.seed)
        model, name = LogisticRegression(max_iter=100), "logisticregression__C"
        if several:
            model, name = OneVsRestClassifier(model), "onevsrestclassifier__estimator__C"
        self.search = GridSearchCV(make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), model), {name: [1.0, 10.0, 100.0]},
                                   cv=folds, scoring=job.metric, n_jobs=job.cpus)
        self.search.fit(texts, targets)

    def predict(self, texts: list[str]) -> list[Any]:
        """Predict labels."""
        return list(self.encoder.inverse_transform(self.search.predict(texts)))

    def predict_proba(self, texts: list[str]) -> Any:
        """Predict probabilities."""
        return self.search.predict_proba(texts)

    def save(self, folder: str) -> None:
        """Pickle the pipeline."""
        import joblib

        joblib.dump((self.encoder, self.search.best_estimator_), Path(folder) / "model.joblib")
