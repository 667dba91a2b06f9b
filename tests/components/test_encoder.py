"""Transformers that the user gives: vectors, a search, a pipeline that carries its model, states from anyone."""

import json
import pickle
import shutil

import numpy as np
import pytest
from conftest import toy

from autotext import Budget, TextPipeline, load_pipeline, optimize_pipeline
from autotext.components import component, registry
from autotext.components.features._transformer import Transformer, _batches
from autotext.components.pretrained import find_pretrained
from autotext.errors import ArtifactError, ComponentError
from autotext.space import SearchSpace

TEXTS = ["the film was great", "영화가 정말 좋았다", "", "12 rooms! " * 40]


def theirs(folder):
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    given = tokenizer(TEXTS, padding=True, truncation=True, return_tensors="pt")
    with torch.inference_mode():
        hidden = model(input_ids=given["input_ids"], attention_mask=given["attention_mask"]).last_hidden_state
    pooled = (hidden * given["attention_mask"][:, :, None]).sum(dim=1)
    return torch.nn.functional.normalize(pooled, dim=1).numpy()


@pytest.mark.parametrize("half", [True, False])
def test_vectors_are_those_of_transformers(encoder_folder, monkeypatch, half):
    if not half:
        monkeypatch.setattr("autotext.components.features._transformer.half_precision", lambda: None)
    found = Transformer.read(encoder_folder).encode(TEXTS)
    assert found.shape == (4, 16)
    assert (found * theirs(encoder_folder)).sum(axis=1).min() > (0.999 if half else 0.999999)


def test_what_sentence_transformers_writes_down_is_heeded(encoder_folder, tmp_path):
    folder = shutil.copytree(encoder_folder, tmp_path / "given")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}', "utf-8")
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 7}', "utf-8")
    (folder / "config_sentence_transformers.json").write_text(
        '{"prompts": {"query": "query: "}, "default_prompt_name": "query"}', "utf-8")
    read = Transformer.read(str(folder))
    assert (read.pooling, read.most, read.prefix) == ("first", 7, "query: ")
    assert read.encode(["query"]).shape == (1, 16)


@pytest.mark.parametrize("name", ["binary", "korean", "multilabel"])
def test_a_search_tries_it_and_the_pipeline_needs_the_folder_no_more(name, encoder_folder, tmp_path, monkeypatch):
    folder = str(shutil.copytree(encoder_folder, tmp_path / "given"))
    texts, labels = toy(name)
    found = optimize_pipeline((texts, labels), encoders=folder, workers=1, budget=Budget(seconds=None, trials=6))
    own = [entry for entry in found.report.evaluations if "encoder" in entry.configuration["features"].split("+")]
    assert {entry.configuration["features"] for entry in own} >= {"encoder"}
    assert all(entry.status in ("ok", "raced") for entry in own)
    assert own[0].configuration["features.encoder.model"] == folder
    pipeline = TextPipeline(own[0].configuration).fit(texts, labels)
    expected = pipeline.predict_proba(texts)
    pipeline.save(tmp_path / "saved")
    shutil.rmtree(folder)
    monkeypatch.setattr("autotext.components.features._given._once", None)
    loaded = load_pipeline(tmp_path / "saved")
    assert loaded.predict_proba(texts) == pytest.approx(expected, abs=0.02)
    assert pickle.loads(pickle.dumps(loaded)).predict_proba(texts) == pytest.approx(expected, abs=0.02)
    assert loaded("새로운 문장을 입력하세요.")[0]["label"] in loaded.classes_


def test_a_model_that_no_candidate_could_use_is_named_in_the_report(encoder_folder, tmp_path):
    broken = shutil.copytree(encoder_folder, tmp_path / "broken")
    (broken / "config.json").write_text('{"model_type": "no such"}', "utf-8")
    report = optimize_pipeline(toy("binary"), encoders=[encoder_folder, broken], workers=1,
                               budget=Budget(seconds=None, trials=12)).report
    (note,) = [note for note in report.notes if "could be judged" in note]
    assert repr(str(broken)) in note
    assert note in str(report)


def test_normalizers_have_no_place_where_texts_are_read_as_written(encoder_folder):
    space, _ = SearchSpace.read("default").check(registry(), encoders={"encoder": (encoder_folder,)})
    drawn = [space.sample(np.random.default_rng(seed)) for seed in range(300)]
    alone = [found for found in drawn if found["features"] == "encoder"]
    assert alone
    assert not any(name.startswith("normalizer.") for found in alone for name in found)
    assert all("normalizer.casing.use" in found for found in drawn if found["features"] != "encoder")
    texts = toy("binary")[0]
    vectors = component("features", "encoder")(model=encoder_folder)
    assert not np.allclose(vectors.count(texts).matrix.toarray(),
                           vectors.count([text.upper() for text in texts]).matrix.toarray(), atol=0.05)


def test_batches_hold_like_lengths_and_few_tokens():
    lengths = [3, 500, 4, 4000, 2, *[5] * 200]
    batches = list(_batches(lengths))
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= 4096 for batch in batches)
    assert max(map(len, batches)) <= 64


@pytest.mark.parametrize(("change", "said"), [
    ({"hidden_size": 32}, "shapes"), ({"num_hidden_layers": 10**6}, "layers"), ({"vocab_size": 10**9}, "shapes"),
    ({"model_type": "no such"}, "no such"), ({"auto_map": {"AutoModel": "evil.Model"}}, "")])
def test_a_state_makes_nothing_larger_than_its_arrays_and_runs_no_code(encoder_folder, change, said):
    learned, arrays = component("features", "encoder")(model=encoder_folder).state()
    learned = json.loads(json.dumps({**learned, "config": {**learned["config"], **change}}))
    feature = component("features", "encoder")()
    if not said:
        feature.set_state(learned, arrays)
        assert feature.count(["as before"]).matrix.shape == (1, 16)
        return
    with pytest.raises((ComponentError, ValueError, ArtifactError), match=said):
        feature.set_state(learned, arrays)


def test_the_members_of_an_ensemble_share_a_model_and_each_text_is_encoded_once(encoder_folder, tmp_path, monkeypatch):
    texts, labels = toy("binary")
    members = [{"features": "encoder", "features.encoder.model": encoder_folder, "model": model}
               for model in ("logistic", "linear_svm", "ridge")]
    pipeline = TextPipeline(members).fit(texts, labels)
    expected = np.mean([TextPipeline(pipeline.members[number]).fit(texts, labels).predict_proba(texts) for number in range(3)],
                       axis=0)
    np.testing.assert_allclose(pipeline.predict_proba(texts), expected, atol=0.02)
    pipeline.save(tmp_path / "saved")
    again = load_pipeline(tmp_path / "saved")
    networks = {id(part.network) for part in again.chain_.components if part.name == "encoder"}
    assert len(networks) == 1
    asked, encode = [], Transformer.encode
    monkeypatch.setattr(Transformer, "encode", lambda self, given: asked.append(len(given)) or encode(self, given))
    np.testing.assert_allclose(again.predict_proba(texts), pipeline.predict_proba(texts), atol=1e-6)
    assert asked == [len(texts)] * 2


def test_a_folder_without_weights_and_a_missing_torch_are_named(encoder_folder, tmp_path, monkeypatch):
    folder = shutil.copytree(encoder_folder, tmp_path / "given")
    (folder / "model.safetensors").unlink()
    with pytest.raises(ComponentError, match="no model that can be read"):
        find_pretrained([folder])
    monkeypatch.setattr(component("features", "encoder"), "requires", "no_such_torch")
    with pytest.raises(ComponentError, match=r"pip install \"autotext\[encoders\]\""):
        find_pretrained([encoder_folder])
