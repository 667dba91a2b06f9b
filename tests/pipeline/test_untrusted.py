"""Pipelines that someone changed on purpose, with checksums that are right: refused, or harmless; no code is run."""

import io
import json
import pickle

import numpy as np
import pytest
from conftest import toy
from pipeline import hostile
from pipeline.tampering import CONFIGURATIONS, added, change_state, mutate, npy, path_of, rezipped, seal

from autotext import ArtifactError, TextPipeline, load_pipeline
from autotext.pipeline.folders import FILES

TEXTS = [*toy("multiclass")[0][:6], "", "\0", "한국어", "zz " * 50]


class Marker:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


# 60 changes in all, ten of each pipeline.
@pytest.mark.parametrize("name", CONFIGURATIONS)
@pytest.mark.filterwarnings("ignore:The pipeline in:UserWarning", "ignore::RuntimeWarning")
def test_random_changes_are_refused_or_harmless(copied, name):
    refused = 0
    for number in range(10):
        folder = copied(name)
        changed = mutate(folder, np.random.default_rng([number, len(name)]))
        try:
            loaded = load_pipeline(folder)
        except ArtifactError:
            refused += 1
            continue
        assert len(loaded.predict(TEXTS)) == len(loaded(TEXTS)) == len(TEXTS), changed
        assert str(loaded.report), changed
    assert refused >= 4


# The same for thousands, with transformers among them and bounds of time and memory: benchmarks/hostile_folders.py.
@pytest.mark.parametrize("kind", [kind for kind in hostile.GENERATORS if kind not in ("config", "large")])
@pytest.mark.filterwarnings("ignore:The pipeline in:UserWarning", "ignore::RuntimeWarning")
def test_hostile_folders_of_every_kind_are_refused_or_harmless(originals, tmp_path, kind):
    for number in range(8):
        folder, rng = tmp_path / str(number), np.random.default_rng([number, 1])
        changed = hostile.hostile(originals, folder, rng, kind)
        try:
            loaded = load_pipeline(folder)
        except ArtifactError:
            continue
        assert np.isfinite(loaded.predict_proba(TEXTS)).all(), changed


@pytest.mark.parametrize("file", ["manifest.json", *FILES])
def test_every_file_cut_anywhere_is_refused(copied, file):
    folder = copied()
    path = path_of(folder, file)
    data = path.read_bytes()
    for length in np.linspace(0, len(data) - 2, 25).astype(int):
        path.write_bytes(data[:length])
        with pytest.raises(ArtifactError, match=rf"damaged: {path.name} .*train a new one"):
            load_pipeline(folder)
        if file == "arrays.npz":
            kept = (folder / "manifest.json").read_bytes()
            seal(folder, arrays=data[:length])
            with pytest.raises(ArtifactError, match=r"cannot be rebuilt: arrays\.npz"):
                load_pipeline(folder)
            (folder / "manifest.json").write_bytes(kept)
            path.write_bytes(data)


@pytest.mark.parametrize("file", ["manifest.json", *FILES])
def test_one_byte_changed_anywhere_is_refused_or_changes_nothing(copied, file):
    folder = copied()
    path = path_of(folder, file)
    data = path.read_bytes()
    for place in np.linspace(0, len(data) - 1, 25).astype(int):
        changed = bytearray(data)
        changed[place] ^= 1
        path.write_bytes(bytes(changed))
        try:
            loaded = load_pipeline(folder)
        except ArtifactError:
            continue
        # White space around JSON means nothing, but only the manifest is compared by what it says.
        assert file == "manifest.json"
        assert data[place : place + 1].isspace()
        assert len(loaded.predict(TEXTS[:1])) == 1


@pytest.mark.parametrize("way", ["objects", "renamed", "records", "added", "whole", "state"])
def test_a_pickle_in_disguise_is_never_opened(copied, tmp_path, way):
    marker, folder = tmp_path / "marker", copied("forest")
    evil, data = pickle.dumps(Marker(marker)), path_of(folder, "arrays.npz").read_bytes()
    pickle.loads(evil).close()
    marker.unlink()
    objects = io.BytesIO()
    np.save(objects, np.array([Marker(marker)], dtype=object), allow_pickle=True)
    records = npy("{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (1,), }", evil)
    changed = {
        "objects": {"arrays": rezipped(data, lambda old: objects.getvalue())},
        "renamed": {"arrays": rezipped(data, lambda old: evil)},
        "records": {"arrays": rezipped(data, lambda old: records)},
        "added": {"arrays": added(data, "2.estimator0.pkl", evil)},
        "whole": {"arrays": evil},
        "state": {"state": evil},
    }
    seal(folder, **changed[way])
    with pytest.raises(ArtifactError, match="cannot be rebuilt"):
        load_pipeline(folder)
    assert not marker.exists()


def test_bytes_of_another_library_are_not_read(copied, tmp_path):
    folder = copied("forest")

    def as_blob(state, arrays):
        for name in [name for name in arrays if name.startswith("2.")]:
            del arrays[name]
        arrays["2.estimator0"] = np.frombuffer(pickle.dumps(Marker(tmp_path / "marker")), dtype=np.uint8)

    change_state(folder, as_blob)
    with pytest.raises(ArtifactError, match=r"model RandomForestClassifier: the array 'values' is missing"):
        load_pipeline(folder)
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize(
    "model", ["DecisionTreeClassifier", "sklearn.pipeline.Pipeline", "os.system", "__import__", "../x", ""]
)
def test_a_type_that_is_not_allowed_is_refused(copied, model):
    folder = copied("forest")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["configuration"]["model"] = model
    seal(folder, manifest)
    change_state(folder, lambda state, arrays: state["components"][-1].update(name=model))
    with pytest.raises(ArtifactError, match=r"Unknown model component"):
        load_pipeline(folder)


@pytest.mark.parametrize("way", ["package", "folder"])
def test_no_package_or_folder_that_the_pipeline_names_is_loaded(tmp_path, monkeypatch, way):
    import spacy

    configuration = {"tokenizer": "spacy", "features": "word_tfidf", "model": "ridge"}
    folder = TextPipeline(configuration).fit(*toy("binary")).save(tmp_path / "saved")
    marker, named = tmp_path / "marker", {"package": "bystander", "folder": str(tmp_path / "own")}[way]
    (tmp_path / "bystander").mkdir()
    (tmp_path / "bystander" / "__init__.py").write_text(f"open({str(marker)!r}, 'w').close()\ndef load(**given): ...\n")
    (tmp_path / "bystander-1.0.dist-info").mkdir()
    (tmp_path / "bystander-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: bystander\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    spacy.blank("en").to_disk(tmp_path / "own")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["configuration"]["tokenizer.spacy.trained"] = named
    seal(folder, manifest)
    with pytest.raises(ArtifactError, match=r"spaCy has no installed pipeline"):
        load_pipeline(folder)
    assert not marker.exists()
