"""Static word vectors that the user gives: read, searched, saved with the pipeline, refused by name."""

import pickle
import shutil

import numpy as np
import pytest
from conftest import toy
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers

from autotext import Budget, TextPipeline, load_pipeline, optimize_pipeline
from autotext.components import component
from autotext.components.pretrained import find_pretrained
from autotext.errors import ComponentError, SpaceError

TEXTS = ["the film was great", "영화가 정말 좋았다", "", "12 rooms!"]


def vectors(folder):
    return component("features", "static_embedding")(model=str(folder)).count(TEXTS).matrix.toarray()


def test_vectors_are_means_of_length_1(static_folder):
    pieces, table = Tokenizer.from_file(f"{static_folder}/tokenizer.json"), load_file(f"{static_folder}/model.safetensors")
    for text, found in zip(TEXTS, vectors(static_folder), strict=True):
        total = table["embeddings"][pieces.encode(text).ids].sum(axis=0)
        assert found == pytest.approx(total / max(np.linalg.norm(total), 1e-9), abs=1e-6)


def test_pieces_may_have_weights_and_share_vectors(static_folder, tmp_path):
    table = load_file(f"{static_folder}/model.safetensors")["embeddings"]
    shutil.copy(f"{static_folder}/tokenizer.json", tmp_path)
    weights = np.linspace(0.5, 1.5, len(table))
    mapping = np.arange(len(table)) // 2
    fewer = table[: mapping.max() + 1]
    save_file({"embeddings": fewer, "mapping": mapping, "weights": weights}, tmp_path / "model.safetensors")
    pieces = Tokenizer.from_file(f"{static_folder}/tokenizer.json")
    numbers = pieces.encode(TEXTS[0]).ids
    total = (table[mapping[numbers]] * weights[numbers, None]).sum(axis=0)
    assert vectors(tmp_path)[0] == pytest.approx(total / np.linalg.norm(total), abs=1e-5)


def test_the_form_of_sentence_transformers_and_its_unknown_word(tmp_path):
    inside = tmp_path / "0_StaticEmbedding"
    inside.mkdir()
    words = Tokenizer(models.WordLevel({"[UNK]": 0, "film": 1, "great": 2}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.save(str(inside / "tokenizer.json"))
    save_file({"embedding.weight": np.array([[9, 9], [1, 0], [0, 1]], dtype=np.float16)}, inside / "model.safetensors")
    assert vectors(tmp_path)[0] == pytest.approx([0.5**0.5, 0.5**0.5])
    assert vectors(tmp_path)[2:].tolist() == [[0.0, 0.0]] * 2


def test_a_search_tries_them(static_folder):
    pipeline = optimize_pipeline(toy("korean"), encoders=static_folder, workers=1, budget=Budget(seconds=None, trials=6))
    tried = [entry.configuration for entry in pipeline.report.evaluations]
    own = next(found for found in tried if "static_embedding" in found["features"])
    assert own["features.static_embedding.model"] == static_folder


@pytest.mark.parametrize("name", ["binary", "korean"])
def test_a_pipeline_needs_the_folder_no_more(name, static_folder, tmp_path, monkeypatch):
    texts, labels = toy(name)
    copied = shutil.copytree(static_folder, tmp_path / "gone")
    fitted = TextPipeline({"features": "static_embedding", "features.static_embedding.model": str(copied),
                           "model": "logistic"}).fit(texts, labels)
    expected = fitted.predict_proba(texts)
    fitted.save(tmp_path / "saved")
    shutil.rmtree(copied)
    monkeypatch.setattr("autotext.components.pretrained_feature._once", None)
    loaded = load_pipeline(tmp_path / "saved")
    assert loaded.predict_proba(texts) == pytest.approx(expected, abs=1e-6)
    assert pickle.loads(pickle.dumps(loaded)).predict_proba(texts) == pytest.approx(expected, abs=1e-6)


def test_members_of_an_ensemble_share_the_saved_vectors(static_folder, tmp_path):
    texts, labels = toy("binary")
    own = {"features": "static_embedding", "features.static_embedding.model": static_folder}
    members = [{**own, "model": "logistic"}, {**own, "model": "linear_svm"}]
    pipeline = TextPipeline(members, weights=[0.5, 0.5]).fit(texts, labels)
    pipeline.save(tmp_path / "both")
    TextPipeline(members[0]).fit(texts, labels).save(tmp_path / "one")
    sizes = [next((tmp_path / name).glob("arrays-*.npz")).stat().st_size for name in ("one", "both")]
    assert sizes[1] < 1.2 * sizes[0]
    assert load_pipeline(tmp_path / "both").predict_proba(texts) == pytest.approx(pipeline.predict_proba(texts), abs=1e-9)


def test_a_folder_or_id_that_cannot_be_used_is_named(static_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x", "utf-8")
    for given, said in (("empty", "no model that can be read"), ("file", "is a file"), ("emptyy", "Did you mean 'empty'")):
        with pytest.raises(ComponentError, match=said):
            find_pretrained([tmp_path / given])
    with pytest.raises(ComponentError, match=r"'nobody/nothing' is no folder here, and the hub did not give it"):
        find_pretrained(["nobody/nothing"])
    assert find_pretrained([static_folder, static_folder]) == {"static_embedding": (static_folder,)}


def test_a_space_without_a_place_for_them_is_refused(static_folder):
    with pytest.raises(SpaceError, match="'fast' has no place for"):
        optimize_pipeline(toy("binary"), space="fast", encoders=static_folder, workers=1, budget=Budget(seconds=None, trials=2))


def test_a_tokenizer_with_pieces_without_a_vector_is_refused(static_folder, tmp_path):
    shutil.copytree(static_folder, tmp_path / "short")
    save_file({"embeddings": np.ones((3, 2), dtype=np.float32)}, tmp_path / "short" / "model.safetensors")
    with pytest.raises(ComponentError, match="only 3 vectors"):
        vectors(tmp_path / "short")
    feature = component("features", "static_embedding")(model=static_folder)
    learned, arrays = feature.state()
    with pytest.raises(ComponentError, match="only 5 vectors"):
        component("features", "static_embedding")().set_state(learned, {"vectors": arrays["vectors"][:5]})
