"""Transformers that the user gives: vectors, a search, a pipeline that carries its model, states from anyone."""

import inspect
import json
import pickle
import re
import shutil
import socket
from dataclasses import replace

import numpy as np
import pytest
from conftest import toy

from autotext import Budget, TextPipeline, load_pipeline, optimize_pipeline
from autotext.components import component, registry
from autotext.components.architectures import MODEL_TYPES
from autotext.components.pretrained import find_pretrained
from autotext.components.transformer import Transformer, _batches, device, half_precision
from autotext.components.transformer_feature import TransformerFeature
from autotext.components.transformer_folder import read_transformer
from autotext.errors import ComponentError
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
        monkeypatch.setattr("autotext.components.transformer.half_precision", lambda: None)
    found = read_transformer(encoder_folder).encode(TEXTS)
    assert found.shape == (4, 16)
    assert (found * theirs(encoder_folder)).sum(axis=1).min() > (0.999 if half else 0.999999)


def test_what_sentence_transformers_writes_down_is_heeded(encoder_folder, tmp_path):
    folder = shutil.copytree(encoder_folder, tmp_path / "given")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}', "utf-8")
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 7}', "utf-8")
    (folder / "config_sentence_transformers.json").write_text(
        '{"prompts": {"query": "query: "}, "default_prompt_name": "query"}', "utf-8")
    read = read_transformer(str(folder))
    assert (read.pooling, read.most, read.prefix) == ("first", 7, "query: ")
    assert read.encode(["query"]).shape == (1, 16)


def test_a_search_tries_it(encoder_folder):
    found = optimize_pipeline(toy("multilabel"), encoders=encoder_folder, workers=1, budget=Budget(seconds=None, trials=6))
    own = [entry for entry in found.report.evaluations if "encoder" in entry.configuration["features"].split("+")]
    assert {entry.configuration["features"] for entry in own} >= {"encoder"}
    assert all(entry.status == "ok" for entry in own)
    assert own[0].configuration["features.encoder.model"] == encoder_folder


@pytest.mark.parametrize("name", ["binary", "korean", "multilabel"])
def test_a_pipeline_needs_the_folder_no_more(name, encoder_folder, tmp_path, monkeypatch):
    folder = str(shutil.copytree(encoder_folder, tmp_path / "given"))
    texts, labels = toy(name)
    pipeline = TextPipeline({"features": "encoder", "features.encoder.model": folder, "model": "logistic"}).fit(texts, labels)
    expected = pipeline.predict_proba(texts)
    pipeline.save(tmp_path / "saved")
    shutil.rmtree(folder)
    monkeypatch.setattr("autotext.components.pretrained_feature._once", None)
    loaded = load_pipeline(tmp_path / "saved")
    assert loaded.predict_proba(texts) == pytest.approx(expected, abs=0.02)
    assert pickle.loads(pickle.dumps(loaded)).predict_proba(texts) == pytest.approx(expected, abs=0.02)
    assert loaded("새로운 문장을 입력하세요.")[0]["label"] in loaded.classes_


def test_a_model_that_no_candidate_could_use_is_named_in_the_report(encoder_folder, tmp_path):
    broken = shutil.copytree(encoder_folder, tmp_path / "broken")
    (broken / "model.safetensors").write_bytes(b"damaged")
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
    assert all("normalizer.casing.use" in found for found in drawn if not set(found.blocks) <= {"encoder", "sentences"})
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


def test_a_gpu_gets_larger_batches():
    batches = list(_batches([5] * 1000, 4))
    assert sorted(row for batch in batches for row in batch) == list(range(1000))
    assert max(map(len, batches)) == 256


def test_batches_are_run_without_what_cudnn_compiles_for_each_shape(encoder_folder, monkeypatch):
    import torch

    allowed, forward = [], Transformer.forward
    monkeypatch.setattr(Transformer, "forward", lambda self, *given: allowed.append(torch.backends.cuda.cudnn_sdp_enabled())
                        or forward(self, *given))
    before = torch.backends.cuda.cudnn_sdp_enabled()
    read_transformer(encoder_folder).encode(TEXTS)
    assert set(allowed) == {False}
    assert torch.backends.cuda.cudnn_sdp_enabled() == before


def test_a_gpu_without_room_is_a_lack_of_memory(encoder_folder, monkeypatch):
    import torch

    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.")

    monkeypatch.setattr(Transformer, "forward", full)
    with pytest.raises(MemoryError, match=r"too little free memory: CUDA out of memory. Tried to allocate 2 GiB"):
        read_transformer(encoder_folder).encode(TEXTS)


def test_a_process_forked_from_one_that_used_the_gpu_computes_without_it(encoder_folder, monkeypatch):
    import torch

    read = read_transformer(encoder_folder)
    expected = read.encode(TEXTS)
    # As it would be after encoding on a GPU.
    read._device, read._chosen = "cuda", None
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "_is_in_bad_fork", lambda: True)
    assert device() == "cpu"
    np.testing.assert_allclose(read.encode(TEXTS), expected, atol=0.02)
    monkeypatch.setattr(torch.cuda, "_is_in_bad_fork", lambda: False)
    assert device() == "cuda"


@pytest.mark.parametrize(("computes", "expected"), [(True, "bfloat16"), (False, "float16")])
def test_a_gpu_that_only_emulates_bfloat16_uses_float16(monkeypatch, computes, expected):
    import torch

    monkeypatch.setattr("autotext.components.transformer.device", lambda: "cuda")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: computes or including_emulation)
    assert half_precision() == getattr(torch, expected)


def test_texts_whose_numbers_half_precision_does_not_hold_are_computed_in_single(encoder_folder, monkeypatch):
    import torch

    monkeypatch.setattr("autotext.components.transformer.half_precision", lambda: torch.float16)
    read = read_transformer(encoder_folder)
    (token,) = set(read.tokens(["9"])[0]) - set(read.tokens(["good film"])[0])
    words = "embeddings.word_embeddings.weight"
    large = read.weights[words].copy()
    large[token] *= 1e7
    read = replace(read, weights={**read.weights, words: large})
    read.encode(["good film"] * 20)
    assert next(read._chosen.parameters()).dtype == torch.float16
    vectors = read.encode(["good film", "9 of them"])
    np.testing.assert_allclose(vectors, read.vectors(read.tokens(["good film", "9 of them"]), exact=True), atol=1e-5)
    assert np.isfinite(vectors).all()


# What a state may ask for, of a model that was built as bert, unless another type is given.
ABSURD = [
    ({"hidden_size": 32}, "shapes"), ({"num_hidden_layers": 65}, "num_hidden_layers"), ({"num_hidden_layers": 60}, "shapes"),
    ({"vocab_size": 10**9}, "vocab_size"), ({"vocab_size": 10**7}, "shapes"), ({"num_labels": 10**9}, "num_labels"),
    ({"hidden_size": 1e308}, "hidden_size"), ({"hidden_size": "16"}, "hidden_size"), ({"hidden_size": -16}, "."),
    ({"hidden_act": "x/y"}, "x/y"), ({"hidden_act": "nothing"}, "nothing"), ({"num_attention_heads": 0}, "."),
    ({"model_type": "no such"}, "model_type is 'no such'.*albert, bert"), ({"model_type": ["bert"]}, "model_type"),
    ({"model_type": "xlnet", "n_layer": 10**8}, "model_type is 'xlnet'"), ({"n_layer": 10**8}, "'n_layer' is 100000000"),
    ({"model_type": "distilbert", "n_layers": 10**8}, "'n_layers' is 100000000"),
    ({"depths": [10**8]}, "'depths' is 100000000"),
    ({"num_experts": 10**8}, "'num_experts' is 100000000"),
    ({"model_type": "swin", "depths": [10**8]}, "model_type is 'swin'"),
    ({"model_type": "mixtral", "num_experts": 10**7}, "model_type is 'mixtral'"),
    ({"model_type": "dpt", "backbone": "owner/repo", "use_pretrained_backbone": True}, "model_type is 'dpt'"),
    ({"model_type": "albert", "num_hidden_groups": 16, "inner_group_num": 16}, "shapes"),
    ({"model_type": "distilbert", "sinusoidal_pos_embds": True}, "sinusoidal"),
    ({"auto_map": {"AutoModel": "evil.Model"}}, "code of its own"),
    ({"quantization_config": {"quant_method": "gptq"}}, "quantized weights")]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), ABSURD)
def test_a_state_makes_nothing_larger_than_its_arrays_and_runs_no_code(encoder_folder, change, said):
    learned, arrays = component("features", "encoder")(model=encoder_folder).state()
    learned = json.loads(json.dumps({**learned, "config": {**learned["config"], **change}}))
    with pytest.raises(Exception, match=said):
        component("features", "encoder")().set_state(learned, arrays)


@pytest.mark.parametrize("change", [
    {"attn_implementation": "kernels-community/flash"}, {"_attn_implementation": "owner/repo"}, {"backbone": "owner/repo"},
    {"dtype": "owner/repo"}, {"torch_dtype": "float16"}, {"use_kernels": True}, {"_name_or_path": "owner/repo"},
    {"num_experts": 10**7}, {"id2label": {"0": "a"}}])  # fmt: skip
def test_settings_of_no_use_are_left_out(encoder_folder, change):
    encoder = component("features", "encoder")
    learned, arrays = encoder(model=encoder_folder).state()
    changed = json.loads(json.dumps({**learned, "config": {**learned["config"], **change}}))
    feature = encoder()
    feature.set_state(changed, arrays)
    assert feature.network.config == learned["config"]
    expected = encoder(model=encoder_folder).count(["as before"]).matrix.toarray()
    np.testing.assert_array_equal(feature.count(["as before"]).matrix.toarray(), expected)


SMALL = {
    "hidden_size": 16, "embedding_size": 16, "dim": 16, "emb_dim": 16, "intermediate_size": 32, "hidden_dim": 32, "head_dim": 8,
    "num_hidden_layers": 1, "n_layers": 1, "num_attention_heads": 2, "n_heads": 2, "num_key_value_heads": 2, "vocab_size": 404,
    "max_position_embeddings": 64, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "cls_token_id": 1,
    "sep_token_id": 2, "mask_token_id": 3}  # fmt: skip


@pytest.mark.parametrize("kind", MODEL_TYPES)
def test_every_type_that_is_allowed_is_read_written_and_restored(encoder_folder, tmp_path, kind):
    from transformers import CONFIG_MAPPING, AutoModel

    own = inspect.signature(CONFIG_MAPPING[kind].__init__).parameters
    config = CONFIG_MAPPING[kind](**{name: value for name, value in SMALL.items() if name in own})
    folder = shutil.copytree(encoder_folder, tmp_path / "given")
    AutoModel.from_config(config, trust_remote_code=False).save_pretrained(folder)
    encoder = component("features", "encoder")
    read = encoder(model=str(folder))
    vectors = read.count(["a text", "a long text " * 100]).matrix.toarray()
    assert vectors.shape == (2, 16)
    restored = encoder()
    restored.set_state(json.loads(json.dumps(read.state()[0])), read.state()[1])
    np.testing.assert_array_equal(restored.count(["a text", "a long text " * 100]).matrix.toarray(), vectors)


def refused(folder):
    with pytest.raises(ComponentError) as raised:
        find_pretrained(folder)
    assert "\n" not in str(raised.value)
    with pytest.raises(ComponentError):
        component("features", "encoder")(model=str(folder)).count(["a text"])
    return str(raised.value)


def test_no_socket_is_opened_by_what_is_loaded(encoder_folder, tmp_path, monkeypatch):
    pipeline = TextPipeline({"features": "encoder", "features.encoder.model": encoder_folder, "model": "ridge"})
    folder = pipeline.fit(*toy("binary")).save(tmp_path / "saved")
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, lambda *_: pytest.fail("a socket was opened"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("an address was looked up"))
    assert len(load_pipeline(folder).predict(TEXTS)) == len(TEXTS)
    assert read_transformer(str(shutil.copytree(encoder_folder, tmp_path / "given"))).encode(TEXTS).shape == (len(TEXTS), 16)


def test_code_in_a_folder_is_not_run_nor_asked_about(encoder_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("a question was asked"))
    for file in ("config.json", "tokenizer_config.json"):
        folder = shutil.copytree(encoder_folder, tmp_path / file)
        document = json.loads((folder / file).read_text("utf-8"))
        classes = {name: "evil.Evil" for name in ("AutoConfig", "AutoModel")} | {"AutoTokenizer": ["evil.Evil", "evil.Evil"]}
        (folder / file).write_text(json.dumps({**document, "auto_map": classes}), "utf-8")
        (folder / "evil.py").write_text(f"open({str(tmp_path / 'marker')!r}, 'w').close()\n", "utf-8")
        assert "asks for code of its own, which is never run (auto_map)" in refused(folder)
    with pytest.raises(ComponentError, match="code of its own"):
        TextPipeline({"features": "encoder", "features.encoder.model": str(folder), "model": "ridge"}).fit(*toy("binary"))
    assert not (tmp_path / "marker").exists()


def test_a_folder_of_another_type_or_with_an_adapter_is_refused_with_what_can_be_used(encoder_folder, tmp_path):
    folder = shutil.copytree(encoder_folder, tmp_path / "given")
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "t5"}), "utf-8")
    assert re.search(r"given'.*model_type is 't5', but only these can be used: albert, bert, ", refused(folder))
    (folder / "config.json").write_text(json.dumps({**config, "vocab_size": 10**7, "hidden_size": 2048}), "utf-8")
    with pytest.raises(ComponentError, match=r"asks for 20,[0-9,]* numbers, its weights have"):
        component("features", "encoder")(model=str(folder)).count(["a text"])
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "owner/repo"}', "utf-8")
    assert "adapter of another model" in refused(folder)


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
    networks = {id(part.network) for part in again.fitted_.chain.components if part.name == "encoder"}
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
    monkeypatch.setattr(TransformerFeature, "requires", "no_such_torch")
    with pytest.raises(ComponentError, match=r"pip install \"autotext\[encoders\]\""):
        find_pretrained([encoder_folder])
