"""Saves the pipelines of this folder, one of each kind, and what they answer.

$ PYTHONPATH=.:tests python tests/golden/make.py tests/golden/format-3

What was saved once must load for as long as its format is read, so nothing that stands here is ever saved again: a folder that
exists is left alone.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from conftest import QUICK, toy

from autotext import Budget, TextPipeline, optimize_pipeline
from autotext.components.tiny_models import write_tiny_static_model, write_tiny_transformer
from autotext.testing.components import TEXTS

ASKED = ["", "The film was good", "a bargain, but late 😀", "정말 좋은 영화였습니다", "精彩 好看",
         "naïve ﷺ ½ http://a.b/c @ann 12:30"]
ANSWERS = "answers.json"

_WORDS = {"tokenizer": "words", "features": "word_tfidf", "features.word_tfidf.min_df": 1}


def configurations(static: str, encoder: str, source: str) -> dict[str, tuple[str, dict]]:
    """By name: the toy task that a pipeline is fitted on, and its configuration; each component is in one at least."""
    return {
        "normalizers": ("binary", {**_WORDS, "normalizer.markup.use": True, "normalizer.unicode.form": "NFKC",
                                   "normalizer.entities.use": True, "normalizer.casing.use": True,
                                   "normalizer.diacritics.use": True, "normalizer.jamo.use": True, "model": "logistic"}),
        "characters": ("chinese", {**_WORDS, "tokenizer": "characters", "model": "linear_svm"}),
        "kiwi": ("korean", {**_WORDS, "tokenizer": "kiwi", "model": "ridge"}),
        "spacy": ("multiclass", {**_WORDS, "tokenizer": "spacy", "tokenizer.spacy.language": "en", "model": "sgd"}),
        "subwords": ("korean", {"tokenizer": "subwords", "features": "nb_ratio", "features.nb_ratio.min_df": 1,
                                "model": "complement_nb"}),
        "char_tfidf": ("korean", {"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "multinomial_nb"}),
        "surface": ("binary", {"features": "char_tfidf+surface", "features.char_tfidf.min_df": 1, "model": "neighbours",
                               "model.neighbours.k": 3}),
        "word_hashing": ("binary", {"tokenizer": "words", "features": "word_hashing", "features.word_hashing.bits": 12,
                                    "model": "sgd"}),
        "sentences": ("korean", {"features": "sentences", "model": "linear_svm"}),
        "wordllama": ("multiclass", {"features": "wordllama", "model": "logistic"}),
        "static_embedding": ("binary", {"features": "static_embedding", "features.static_embedding.model": static,
                                        "model": "ridge"}),
        "encoder": ("binary", {"features": "encoder", "features.encoder.model": encoder, "model": "logistic"}),
        "fine_tuned": ("binary", {"features": "fine_tuned", "features.fine_tuned.model": encoder,
                                  "features.fine_tuned.epochs": 1, "model": "logistic"}),
        "transferred": ("multiclass", {"features": "transferred", "features.transferred.model": source, "model": "logistic"}),
        "bernoulli_nb": ("binary", {**_WORDS, "model": "BernoulliNB"}),
        "extra_trees": ("multiclass", {**_WORDS, "model": "ExtraTreesClassifier",
                                       "model.ExtraTreesClassifier.n_estimators": 5}),
        "random_forest": ("binary", {**_WORDS, "model": "RandomForestClassifier",
                                     "model.RandomForestClassifier.n_estimators": 5}),
        "svc": ("multiclass", {**_WORDS, "model": "SVC"}),
        "multilabel": ("multilabel", {**_WORDS, "features": "word_tfidf+char_tfidf", "features.char_tfidf.min_df": 1,
                                      "model": "linear_svm"}),
        "multilabel_ridge": ("multilabel", {**_WORDS, "model": "ridge"}),
    }


def searched(name: str, scratch: Path) -> TextPipeline:
    """The result of a small search, with its report."""
    space = scratch / "quick.yaml"
    space.write_text(QUICK, "utf-8")
    return optimize_pipeline(toy(name), space=space, budget=Budget(seconds=None, trials=12), workers=1, meta_learner=None)


def main() -> None:
    out = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        static, encoder = write_tiny_static_model(scratch / "static", TEXTS), write_tiny_transformer(scratch / "encoder", TEXTS)
        source = TextPipeline({"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "logistic"})
        source_folder = str(source.fit(*toy("binary")).save(scratch / "source"))
        kinds = configurations(static, encoder, source_folder)
        pipelines = {name: lambda task=task, values=values: TextPipeline(values).fit(*toy(task))
                     for name, (task, values) in kinds.items()}
        pipelines["ensemble"] = lambda: searched("multiclass", scratch)
        pipelines["multilabel_search"] = lambda: searched("multilabel", scratch)
        for name, make in pipelines.items():
            if (out / name).exists():
                continue
            (out / name).mkdir(parents=True)
            pipeline = make()
            pipeline.save(out / name / "pipeline")
            answers = {"predictions": pipeline.predict(ASKED).tolist(),
                       "probabilities": np.asarray(pipeline.predict_proba(ASKED)).tolist()}
            (out / name / ANSWERS).write_text(json.dumps(answers, ensure_ascii=False), "utf-8")
            print(name, type(pipeline.fitted_.chain).__name__, flush=True)


if __name__ == "__main__":
    main()
