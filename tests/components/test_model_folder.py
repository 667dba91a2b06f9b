"""Folders of models from anyone, given by `encoders=`: refused by name and within bounds, or harmless; no socket is opened."""

import json
import os
import shutil
import socket
import struct

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from autotext.components import component
from autotext.components.pretrained import find_pretrained
from autotext.components.transformer_folder import read_transformer
from autotext.errors import ComponentError

TEXTS = ["the film was great", "영화가 정말 좋았다", ""]
READ = ["config.json", "tokenizer_config.json", "tokenizer.json", "sentence_bert_config.json", "1_Pooling/config.json",
        "config_sentence_transformers.json", "special_tokens_map.json"]  # fmt: skip


@pytest.fixture
def encoder(encoder_folder, tmp_path):
    return shutil.copytree(encoder_folder, tmp_path / "encoder")


@pytest.fixture
def static(static_folder, tmp_path):
    return shutil.copytree(static_folder, tmp_path / "static")


def refused(folder, name="encoder"):
    with pytest.raises(ComponentError, match="cannot be read: ") as raised:
        component("features", name)(model=str(folder)).count(TEXTS)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def vectors(folder):
    return component("features", "static_embedding")(model=str(folder)).count(TEXTS).matrix.toarray()


def change(folder, name, **values):
    path = folder / name
    path.write_text(json.dumps({**(json.loads(path.read_text("utf-8")) if path.exists() else {}), **values}), "utf-8")


def endless(path):
    with path.open("ab") as file:
        file.truncate(2**42)


DAMAGES = {
    "deep": lambda path: path.write_bytes(b"[" * 200_000), "a list": lambda path: path.write_bytes(b"[]"),
    "no text": lambda path: path.write_bytes(b"\xff"), "a key twice": lambda path: path.write_bytes(b'{"a": 1, "a": 2}'),
    "endless": endless}  # fmt: skip


@pytest.mark.parametrize("way", DAMAGES)
@pytest.mark.parametrize("name", READ)
def test_json_that_is_none_or_never_ends_is_refused(encoder, name, way):
    path = encoder / name
    path.parent.mkdir(exist_ok=True)
    DAMAGES[way](path)
    said = refused(encoder)
    assert ("its tokenizer" if name == "tokenizer.json" and way in ("deep", "a list", "a key twice") else name) in said


@pytest.mark.parametrize("name", [*(name for name in READ if "/" not in name), "model.safetensors", "added_tokens.json"])
@pytest.mark.parametrize("put", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")], ids=["a pipe", "a device"])
def test_what_is_no_file_is_not_opened(encoder, name, put):
    (encoder / name).unlink(missing_ok=True)
    put(encoder / name)
    assert f"{name} is no file that can be read" in refused(encoder)


def test_links_as_in_the_cache_of_the_hub_are_followed(encoder_folder, encoder, tmp_path):
    for path in encoder.iterdir():
        path.rename(tmp_path / f"blob-{path.name}")
        path.symlink_to(tmp_path / f"blob-{path.name}")
    np.testing.assert_array_equal(read_transformer(str(encoder)).encode(TEXTS), read_transformer(encoder_folder).encode(TEXTS))


def test_weights_that_memory_could_not_hold_are_not_read(encoder, static):
    for folder, name in ((encoder, "encoder"), (static, "static_embedding")):
        endless(folder / "model.safetensors")
        assert "model.safetensors has 4,194,304 MiB, more than" in refused(folder, name)


SAID = [
    ("sentence_bert_config.json", {"max_seq_length": "x"}, "has the max_seq_length 'x'"),
    ("sentence_bert_config.json", {"max_seq_length": -5}, "has the max_seq_length -5"),
    ("sentence_bert_config.json", {"max_seq_length": 1e308}, "has the max_seq_length 1e"),
    ("tokenizer_config.json", {"model_max_length": -5}, "has the model_max_length -5"),
    ("config_sentence_transformers.json", {"prompts": ["a"], "default_prompt_name": "a"}, "the prompt in"),
    ("config_sentence_transformers.json", {"prompts": {"a": 1}, "default_prompt_name": ["a"]}, "the prompt in"),
    ("config_sentence_transformers.json", {"prompts": {"a": "x" * 10**6}, "default_prompt_name": "a"}, "the prompt in"),
    ("tokenizer_config.json", {"additional_special_tokens": list(map(str, range(10**5)))}, "list of more than 5,000 tokens"),
    ("special_tokens_map.json", {"additional_special_tokens": list(map(str, range(10**5)))}, "list of more than 5,000 tokens"),
    ("config.json", {"num_labels": 10**9}, "'num_labels' is 1000000000"),
    ("config.json", {"num_hidden_layers": 10**8}, "'num_hidden_layers' is 100000000"),
    ("config.json", {"depths": [10**8]}, "'depths' is 100000000"),
    ("config.json", {"model_type": "xlnet", "n_layer": 10**8}, "model_type is 'xlnet'"),
    ("config.json", {"model_type": "dpt", "backbone": "owner/repo"}, "model_type is 'dpt'")]  # fmt: skip


@pytest.mark.parametrize(("name", "values", "said"), SAID)
def test_what_a_file_cannot_ask_for_is_named(encoder, name, values, said):
    change(encoder, name, **values)
    assert said in (message := refused(encoder))
    assert name == "config.json" or name in message


NAMED = {
    "config.json": {"backbone": "owner/repo", "use_pretrained_backbone": True, "attn_implementation": "kernels-community/flash",
                    "_attn_implementation": "owner/repo", "use_kernels": True, "_name_or_path": "owner/repo",
                    "_commit_hash": "x", "num_experts": 10**7},
    "tokenizer_config.json": {"name_or_path": "owner/repo", "tokenizer_class": "owner/repo", "vocab_file": "/dev/zero",
                              "tokenizer_file": "/dev/zero", "fix_mistral_regex": True},
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_what_names_other_places_opens_no_socket(encoder_folder, encoder, monkeypatch, name):
    expected, opened = read_transformer(encoder_folder).encode(TEXTS), []

    def note(*arguments, **_):
        opened.append(arguments)
        raise OSError("no socket may be opened")

    for function in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, function, note)
    monkeypatch.setattr(socket, "getaddrinfo", note)
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    change(encoder, name, **NAMED[name])
    np.testing.assert_allclose(read_transformer(str(encoder)).encode(TEXTS), expected, atol=1e-6)
    assert not opened


def header(content):
    return struct.pack("<Q", len(content)) + content


@pytest.mark.parametrize("content", [b"[" * 200_000, b"[[1]]", b"5", b"", b'{"a": 1, "a": 2}', b'{"embeddings": {}}'])
def test_weights_without_a_right_header_are_refused(static, content):
    (static / "model.safetensors").write_bytes(header(content))
    with pytest.raises(ComponentError):
        vectors(static)
    if content != b'{"embeddings": {}}':
        with pytest.raises(ComponentError, match="holds no model that can be read"):
            find_pretrained([static])


def test_a_file_that_says_more_than_it_holds_is_refused(static):
    lie = {"embeddings": {"dtype": "F32", "shape": [10**9, 10**9], "data_offsets": [0, 8]}}
    (static / "model.safetensors").write_bytes(header(json.dumps(lie).encode()) + bytes(8))
    refused(static, "static_embedding")


ROWS = 400
TABLE = np.ones((ROWS, 3), dtype=np.float32)
TABLES = {
    "outside": ({"mapping": np.full(ROWS, 10**6)}, "'mapping' holds a number outside 0 to 399"),
    "below 0": ({"mapping": np.full(ROWS, -5)}, "'mapping' holds a number outside 0 to 399"),
    "no numbers of rows": ({"mapping": np.zeros(ROWS)}, "its mapping is no list"),
    "a table of rows": ({"mapping": np.zeros((ROWS, 3), dtype=int)}, "its mapping is no list"),
    "few weights": ({"weights": np.ones(3)}, r"its weights have the shape \(3,\) for 400"),
    "a table of weights": ({"weights": np.ones((ROWS, ROWS))}, r"its weights have the shape \(400, 400\)"),
    "endless weights": ({"weights": np.full(ROWS, 1e300)}, "not finite"),
    "one axis": ({"embeddings": np.ones(ROWS)}, r"its vectors have the shape \(400,\)"),
    "three axes": ({"embeddings": np.ones((ROWS, 2, 2))}, "its vectors have the shape"),
    "no columns": ({"embeddings": np.ones((ROWS, 0))}, "its vectors have the shape"),
    "no numbers": ({"embeddings": TABLE * np.nan}, "not finite"),
    "an absurd number": ({"embeddings": TABLE * 1e30}, "beyond 1e"),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_vectors_that_are_no_table_of_numbers_are_refused(static, name):
    arrays, said = TABLES[name]
    save_file({"embeddings": TABLE, **arrays}, static / "model.safetensors")
    with pytest.raises(ComponentError, match=f"cannot be read: .*{said}"):
        vectors(static)


def test_a_mapping_makes_no_more_than_memory_could_hold(static):
    save_file({"embeddings": np.ones((1, 10**6), np.float32), "mapping": np.zeros(10**6, int)}, static / "model.safetensors")
    assert "1,000,000 pieces of 1,000,000 numbers take more memory than is free" in refused(static, "static_embedding")


def test_a_saved_state_with_absurd_vectors_or_weights_is_refused(encoder_folder, static_folder):
    for name, folder in (("encoder", encoder_folder), ("static_embedding", static_folder)):
        learned, arrays = component("features", name)(model=folder).state()
        for number in (np.nan, np.inf):
            changed = {key: np.array(array) for key, array in arrays.items()}
            next(iter(changed.values())).ravel()[-1] = number
            with pytest.raises(ComponentError, match="not finite"):
                component("features", name)().set_state(learned, changed)


def test_weights_that_are_not_finite_are_refused(encoder):
    weights = load_file(encoder / "model.safetensors")
    next(iter(weights.values())).ravel()[-1] = np.nan
    save_file(weights, encoder / "model.safetensors", metadata={"format": "pt"})
    assert "hold a number that is not finite" in refused(encoder)
