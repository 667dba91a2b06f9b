"""The baseline that a practitioner writes in ten minutes, with a pretrained encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_LONGEST, _BATCH = 256, 32


class MiniLMLogisticRegression:
    """Mean-pooled vectors of a frozen transformer, and logistic regression whose C is the best of 1, 10, 100 in 3 folds.

    The encoder is any folder of transformers, as by default all-MiniLM-L6-v2, which is pooled like this and reads the first
    256 tokens of a text. Vectors have unit length. For several labels, one regression for each label. The folds are scored
    with the metric of the task.
    """

    kind = "model"
    handles = ("binary", "multiclass", "multilabel")
    requirements = ()
    imports = ("sklearn.linear_model", "sklearn.model_selection", "sklearn.multiclass", "torch", "transformers")
    needs_encoder = True

    def fit(self, texts: list[str], labels: list[Any], job: Any) -> None:
        """Encode the texts, search C, then fit on all rows."""
        import torch
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
        from sklearn.multiclass import OneVsRestClassifier
        from sklearn.preprocessing import LabelEncoder, MultiLabelBinarizer
        from transformers import AutoModel, AutoTokenizer

        torch.set_num_threads(job.cpus)
        self.tokenizer = AutoTokenizer.from_pretrained(job.encoder)
        self.transformer = AutoModel.from_pretrained(job.encoder).eval()
        several = job.kind == "multilabel"
        self.encoder = MultiLabelBinarizer() if several else LabelEncoder()
        targets = self.encoder.fit_transform(labels)
        self.classes = list(self.encoder.classes_)
        # Folds cannot be stratified where every class has fewer rows than there are folds.
        plain = several or max(labels.count(name) for name in self.classes) < 3
        folds = (KFold if plain else StratifiedKFold)(3, shuffle=True, random_state=job.seed)
        model, name = LogisticRegression(max_iter=1000), "C"
        if several:
            model, name = OneVsRestClassifier(model), "estimator__C"
        self.search = GridSearchCV(model, {name: [1.0, 10.0, 100.0]}, cv=folds, scoring=job.metric, n_jobs=job.cpus)
        self.search.fit(self.vectors(texts), targets)

    def vectors(self, texts: list[str]) -> Any:
        """Encode texts; the order is by length, so that little is padded."""
        import numpy as np
        import torch

        out = np.zeros((len(texts), self.transformer.config.hidden_size), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        with torch.inference_mode():
            for start in range(0, len(order), _BATCH):
                rows = order[start : start + _BATCH]
                # Lone surrogates are no text to a tokenizer.
                batch = [texts[row].encode("utf-8", "replace").decode("utf-8") for row in rows]
                tokens = self.tokenizer(batch, padding=True, truncation=True, max_length=_LONGEST, return_tensors="pt")
                hidden = self.transformer(**tokens).last_hidden_state
                mask = tokens["attention_mask"].unsqueeze(-1)
                pooled = (hidden * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)
                out[rows] = torch.nn.functional.normalize(pooled, dim=1).numpy()
        return out

    def predict(self, texts: list[str]) -> list[Any]:
        """Predict labels."""
        # The last texts are kept, since probabilities are asked of the same ones.
        self.last = (texts, self.vectors(texts))
        return list(self.encoder.inverse_transform(self.search.predict(self.last[1])))

    def predict_proba(self, texts: list[str]) -> Any:
        """Predict probabilities."""
        vectors = self.last[1] if texts is self.last[0] else self.vectors(texts)
        return self.search.predict_proba(vectors)

    def save(self, folder: str) -> None:
        """Write the encoder and the regression."""
        import joblib

        self.tokenizer.save_pretrained(folder)
        self.transformer.save_pretrained(folder)
        joblib.dump((self.encoder, self.search.best_estimator_), Path(folder) / "head.joblib")
