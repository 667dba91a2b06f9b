"""Pipelines in the forms of transformers: folders that it loads, and wrappers that it takes for its own."""

import json
import shutil
import sys

import pytest
import transformers
from conftest import toy

from autotext import TextPipeline
from autotext.cli.main import main
from autotext.errors import ArtifactError

SENTENCE = "새로운 문장을 입력하세요."


@pytest.fixture(autouse=True)
def _single_precision(monkeypatch):
    monkeypatch.setattr("autotext.components.transformer.half_precision", lambda: None)
    monkeypatch.setattr("autotext.components.features._fine_tuning.half_precision", lambda: None)


def tuned(folder, name, model="logistic"):
    texts, labels = toy(name)
    return TextPipeline({"features": "fine_tuned", "features.fine_tuned.model": str(folder), "features.fine_tuned.epochs": 2,
                         "model": model}).fit(texts, labels), texts


def answers(pipe, texts):
    return [{entry["label"]: entry["score"] for entry in found} for found in pipe(texts, top_k=None, truncation=True)]


@pytest.mark.parametrize("model", ["logistic", "linear_svm"])
@pytest.mark.parametrize("name", ["korean", "multiclass", "multilabel"])
@pytest.mark.parametrize("first", [False, True])
def test_transformers_loads_it_and_answers_the_same(encoder_folder, tmp_path, name, model, first):
    given = shutil.copytree(encoder_folder, tmp_path / "given")
    if first:
        (given / "1_Pooling").mkdir()
        (given / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}', "utf-8")
        prompts = {"prompts": {"q": "query: "}, "default_prompt_name": "q"}
        (given / "config_sentence_transformers.json").write_text(json.dumps(prompts), "utf-8")
    pipeline, texts = tuned(given, name, model)
    pipeline.save_transformers(tmp_path / "out")
    network = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path / "out")
    assert network.config.num_labels == len(pipeline.classes_)
    pipe = transformers.pipeline("text-classification", str(tmp_path / "out"))
    given = [*texts[:5], SENTENCE, "long " * 200]
    for found, row in zip(answers(pipe, given), pipeline.predict_proba(given), strict=True):
        assert found == pytest.approx(dict(zip(pipeline.classes_, row, strict=True)), abs=1e-3)
    assert pipe(SENTENCE)[0]["label"] == pipeline(SENTENCE)[0]["label"]


@pytest.mark.parametrize("kind", ["Roberta", "XLMRoberta", "Camembert"])
def test_other_types_that_the_readme_names_answer_the_same(encoder_folder, tmp_path, kind):
    import torch

    given = shutil.copytree(encoder_folder, tmp_path / "given")
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=400, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=80, type_vocab_size=1, pad_token_id=0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        getattr(transformers, f"{kind}Model")(config).save_pretrained(given)
    pipeline, texts = tuned(given, "multiclass")
    pipeline.save_transformers(tmp_path / "out")
    pipe = transformers.pipeline("text-classification", str(tmp_path / "out"))
    for found, row in zip(answers(pipe, texts[:5]), pipeline.predict_proba(texts[:5]), strict=True):
        assert found == pytest.approx(dict(zip(pipeline.classes_, row, strict=True)), abs=1e-3)


def test_a_type_that_has_no_such_form_is_named(encoder_folder, tmp_path):
    import torch

    given = shutil.copytree(encoder_folder, tmp_path / "given")
    with torch.random.fork_rng():
        transformers.DistilBertModel(transformers.DistilBertConfig(vocab_size=400, dim=16, n_layers=1, n_heads=2, hidden_dim=32,
                                                                   max_position_embeddings=80)).save_pretrained(given)
    with pytest.raises(ArtifactError, match=r"type distilbert .*bert, roberta"):
        tuned(given, "binary")[0].save_transformers(tmp_path / "out")


def test_the_command_line_exports_it(encoder_folder, tmp_path, capsys):
    tuned(encoder_folder, "korean")[0].save(tmp_path / "saved")
    main(["export", str(tmp_path / "saved"), "--out", str(tmp_path / "out")])
    assert SENTENCE in capsys.readouterr().out
    assert transformers.pipeline("text-classification", str(tmp_path / "out"))(SENTENCE)[0]["label"] in ("good", "bad")


def test_what_has_no_such_form_is_refused_with_what_to_do(encoder_folder, tmp_path):
    texts, labels = toy("binary")
    plain = TextPipeline({"features": "char_tfidf", "model": "logistic"}).fit(texts, labels)
    with pytest.raises(ArtifactError, match=r"one feature is fine_tuned.*char_tfidf.*as_transformers"):
        plain.save_transformers(tmp_path / "out")
    several = TextPipeline([plain.configuration, {"features": "char_tfidf", "model": "linear_svm"}]).fit(texts, labels)
    with pytest.raises(ArtifactError, match="ensemble of 2"):
        several.save_transformers(tmp_path / "out")
    with pytest.raises(ArtifactError, match=r"neighbours is not linear.*Use logistic"):
        tuned(encoder_folder, "binary", "neighbours")[0].save_transformers(tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("kept", "utf-8")
    with pytest.raises(ArtifactError, match=r"holds 'thesis\.txt'"):
        tuned(encoder_folder, "binary")[0].save_transformers(tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text("utf-8") == "kept"


@pytest.mark.parametrize("name", ["korean", "multiclass", "multilabel"])
def test_any_pipeline_passes_for_one_of_transformers(name):
    texts, labels = toy(name)
    pipeline = TextPipeline({"features": "char_tfidf", "model": "linear_svm"}).fit(texts, labels)
    pipe = pipeline.as_transformers()
    assert isinstance(pipe, transformers.TextClassificationPipeline)
    given = [*texts[:5], SENTENCE, "", "𝒜 \ud800"]
    expected = pipeline.predict_proba(given)
    for batch in (1, 3):
        found = [{entry["label"]: entry["score"] for entry in one} for one in pipe(given, top_k=None, batch_size=batch)]
        for one, row in zip(found, expected, strict=True):
            assert one == pytest.approx(dict(zip(pipeline.classes_, row, strict=True)), abs=1e-5)
    assert pipe(SENTENCE)[0]["score"] == pytest.approx(expected[5].max(), abs=1e-5)
    assert [one["label"] for one in pipe(text for text in given)] == [one["label"] for one in pipe(given)]
    assert len(pipe(given, top_k=2)[0]) == 2
    with pytest.raises(ArtifactError, match=r"pipeline\.save"):
        pipe.save_pretrained("somewhere")


def test_without_transformers_it_says_what_to_install(monkeypatch, tmp_path):
    pipeline = TextPipeline({"features": "char_tfidf", "model": "linear_svm"}).fit(*toy("binary"))
    monkeypatch.setitem(sys.modules, "transformers", None)
    for call in (pipeline.as_transformers, lambda: pipeline.save_transformers(tmp_path / "out")):
        with pytest.raises(ArtifactError, match=r"needs transformers.*pip install \"autotext\[encoders\]\""):
            call()


def test_rows_of_several_columns_are_given_as_dicts():
    pd = pytest.importorskip("pandas")
    texts, labels = toy("binary")
    frame = pd.DataFrame({"title": ["about"] * len(texts), "body": texts})
    pipeline = TextPipeline({"features": "char_tfidf", "model": "linear_svm"}).fit(frame, labels)
    row = {"title": "about", "body": texts[0]}
    assert pipeline.as_transformers()(row)["label"] == pipeline(row)[0]["label"]
