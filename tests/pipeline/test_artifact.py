import json
import subprocess
import sys

import numpy as np
import pytest
from conftest import toy
from pipeline.tampering import path_of

from autotext import ArtifactError, Evaluation, Report, TextPipeline, load_pipeline
from autotext.fingerprint import canonical
from autotext.pipeline import FittedPipeline, artifact
from autotext.pipeline.folders import FILES, checksum

CONFIGURATION = {
    "normalizer.casing.use": True,
    "tokenizer": "words",
    "features": "word_tfidf+char_tfidf",
    "features.char_tfidf.min_df": 1,
    "model": "linear_svm",
}
HOSTILE = ["", "\0", "\ud83d", "😀", "한국어", "unseen words only"]


@pytest.fixture(scope="module")
def pipeline():
    return TextPipeline(CONFIGURATION).fit(*toy("multiclass"))


@pytest.fixture
def saved(pipeline, tmp_path):
    return pipeline.save(tmp_path / "saved")


def rewrite(folder, **changes):
    """Change the manifest and make it consistent again."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest.pop("checksum")
    manifest.update(changes)
    manifest["checksum"] = checksum(canonical(manifest).encode())
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")


@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel", "korean"])
def test_a_loaded_pipeline_answers_identically(name, tmp_path):
    texts, labels = toy(name)
    fitted = TextPipeline(CONFIGURATION).fit(texts, labels)
    assert fitted.save(str(tmp_path / "here")) == tmp_path / "here"
    loaded = load_pipeline(str(tmp_path / "here"))
    np.testing.assert_array_equal(loaded.predict_proba([*texts, *HOSTILE]), fitted.predict_proba([*texts, *HOSTILE]))
    assert loaded.predict(texts).tolist() == fitted.predict(texts).tolist()
    assert loaded.classes_.dtype == fitted.classes_.dtype
    assert loaded.classes_.tolist() == fitted.classes_.tolist()
    assert loaded.get_params() == {**fitted.get_params(), "configuration": loaded.configuration}
    assert loaded.score(texts, labels) == fitted.score(texts, labels)


@pytest.mark.parametrize(
    "model",
    [
        "logistic",
        "ridge",
        "sgd",
        "complement_nb",
        "multinomial_nb",
        "neighbours",
        "SVC",
        "RandomForestClassifier",
        "ExtraTreesClassifier",
        "BernoulliNB",
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_every_model_can_be_saved(model, tmp_path):
    texts, labels = toy("multiclass")
    fitted = TextPipeline({"tokenizer": "subwords", "features": "nb_ratio", "model": model}).fit(texts, labels)
    loaded = load_pipeline(fitted.save(tmp_path / "saved"))
    np.testing.assert_array_equal(loaded.predict_proba(texts), fitted.predict_proba(texts))


def test_another_process_answers_the_same_and_runs_no_pickle(saved, pipeline):
    texts = toy("multiclass")[0][:5]
    code = (
        "import pickle, sys\ndef refuse(*a, **k): raise SystemExit('pickle was used')\n"
        "pickle.load = pickle.loads = refuse\n"
        f"from autotext import load_pipeline\nprint(load_pipeline({str(saved)!r}).predict({texts!r}).tolist())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == str(pipeline.predict(texts).tolist()), done.stderr


def test_the_same_pipeline_gives_the_same_bytes(pipeline, saved, tmp_path):
    again = pipeline.save(tmp_path / "again")
    resaved = load_pipeline(saved).save(tmp_path / "resaved")
    first, second, third = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in (saved, again, resaved))
    assert first == second == third
    assert set(first) == {path_of(saved, name).name for name in ("manifest.json", *FILES)}


def test_the_report_travels_along(pipeline, tmp_path):
    kept = TextPipeline(CONFIGURATION).fit(*toy("binary"))
    evaluation = Evaluation(0, CONFIGURATION, "ab", "warm", "ok", 0.9, (0.8, 1.0), 1.5, {"fit": 1.0}, 10.0, 5)
    task = {"name": "t", "fingerprint": "cd", "kind": "binary", "rows": 9, "search_rows": 9, "folds": 2, "classes": 2}
    kept.report = Report(
        "finished", task, "accuracy", "fast", 0, 1, {"trials": 1}, (evaluation,), "ab", 0.9, notes=("n",)
    )
    assert load_pipeline(kept.save(tmp_path / "saved")).report == kept.report


@pytest.mark.parametrize("name", ["manifest.json", *FILES])
def test_a_changed_byte_is_noticed(saved, name):
    path = path_of(saved, name)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ArtifactError, match=rf"damaged: {path.name} (was changed|cannot be read)"):
        load_pipeline(saved)


@pytest.mark.parametrize("name", ["manifest.json", *FILES])
def test_a_truncated_or_missing_file_is_noticed(saved, name):
    path = path_of(saved, name)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ArtifactError, match="damaged"):
        load_pipeline(saved)
    path.unlink()
    with pytest.raises(ArtifactError, match=r"is missing|has no manifest.json"):
        load_pipeline(saved)


def test_what_is_no_pipeline_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match="does not exist"):
        load_pipeline(tmp_path / "nothing")
    with pytest.raises(ArtifactError, match="is not a pipeline folder"):
        load_pipeline(tmp_path)
    for content in ("{}", "[]", "5", "not json"):
        (tmp_path / "manifest.json").write_text(content, "utf-8")
        with pytest.raises(ArtifactError, match="damaged"):
            load_pipeline(tmp_path)


def test_newer_formats_and_components_are_refused_with_what_to_do(saved, monkeypatch):
    monkeypatch.setattr(type(load_pipeline(saved).fitted_.chain.model), "version", 0)
    with pytest.raises(ArtifactError, match="needs version 1 of linear_svm, this autotext has 0"):
        load_pipeline(saved)
    rewrite(saved, format=99)
    with pytest.raises(ArtifactError, match="format 99; this autotext reads up to 3: pip install --upgrade"):
        load_pipeline(saved)


def test_unknown_components_are_refused(saved):
    rewrite(saved, configuration={**CONFIGURATION, "model": "no_such_model"})
    with pytest.raises(ArtifactError, match=r"cannot be rebuilt.*no_such_model"):
        load_pipeline(saved)


def test_moved_predictions_warn_and_name_the_versions(saved, monkeypatch):
    original = FittedPipeline.margins
    monkeypatch.setattr(FittedPipeline, "margins", lambda self, texts: original(self, texts) * 0.9)
    monkeypatch.setattr(
        artifact, "_versions", lambda: {"autotext": "0", "numpy": "99", "scipy": "0", "scikit-learn": "0"}
    )
    with pytest.warns(UserWarning, match="does not answer as when it was saved.*numpy .* -> 99"):
        load_pipeline(saved)


def test_unfitted_pipelines_cannot_be_saved(tmp_path):
    with pytest.raises(Exception, match="not fitted"):
        TextPipeline(CONFIGURATION).save(tmp_path / "saved")
    assert not (tmp_path / "saved").exists()
