"""Pipelines that someone changed on purpose, with checksums that are right: refused, or harmless; no code is run."""

import io
import json
import os
import pickle
import shutil
import struct
import time
import zipfile
import zlib

import numpy as np
import psutil
import pytest
from conftest import toy
from pipeline import hostile
from pipeline.tampering import change_state, mutate, path_of, seal

from autotext import ArtifactError, Evaluation, Report, TextPipeline, load_pipeline, untrusted
from autotext.pipeline.folders import FILES, checksum
from autotext.untrusted import packed, read_arrays

CONFIGURATIONS = {
    "linear": ({"tokenizer": "words", "features": "word_tfidf+char_tfidf", "features.char_tfidf.min_df": 1,
                "model": "linear_svm"}, "multiclass"),
    "neighbours": ({"tokenizer": "subwords", "features": "nb_ratio", "model": "neighbours"}, "multilabel"),
    "unigram": ({"tokenizer": "subwords", "tokenizer.subwords.algorithm": "unigram", "features": "nb_ratio",
                 "model": "ridge"}, "binary"),
    "forest": ({"tokenizer": "words", "features": "word_hashing", "features.word_hashing.bits": 10,
                "model": "RandomForestClassifier", "model.RandomForestClassifier.n_estimators": 4}, "multiclass"),
    "kernel": ({"features": "char_tfidf", "model": "SVC"}, "multiclass"),
    "bernoulli": ({"features": "char_tfidf", "model": "BernoulliNB"}, "multilabel"),
}  # fmt: skip
TEXTS = [*toy("multiclass")[0][:6], "", "\0", "한국어", "zz " * 50]


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("originals")
    task = {"name": "t", "fingerprint": "cd", "kind": "binary", "rows": 9, "search_rows": 9, "folds": 2, "classes": 2}
    for name, (configuration, kind) in CONFIGURATIONS.items():
        fitted = TextPipeline(configuration).fit(*toy(kind))
        evaluation = Evaluation(0, configuration, "ab", "warm", "ok", 0.9, (0.8, 1.0), 1.5, {"fit": 1.0}, 10.0, 5)
        fitted.report = Report("finished", task, "accuracy", "fast", 0, 1, {"trials": 1}, (evaluation,), "ab", 0.9)
        fitted.save(folder / name)
    return folder


@pytest.fixture
def copied(originals, tmp_path):
    def copy(name="linear"):
        return shutil.copytree(originals / name, tmp_path / "changed", dirs_exist_ok=True)

    return copy


def rezipped(data, change):
    """The npz with the content of each member replaced by what ``change(content)`` gives."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)))
    return out.getvalue()


def added(data, name, content):
    """The npz with one more member."""
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def npy(header, content=b""):
    padded = header.encode() + b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded + content


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


@pytest.mark.parametrize("name", ["../../x.npy", "/tmp/x.npy", "..npy", "a/b.npy", "a\\b.npy", "C:x.npy", "x.pkl"])
def test_members_that_lead_elsewhere_are_refused(copied, tmp_path, name):
    folder = copied()
    seal(folder, arrays=added(path_of(folder, "arrays.npz").read_bytes(), name, npy("{}")))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ArtifactError, match=r"arrays\.npz: .*not allowed"):
        load_pipeline(folder)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("names", [["../x"], ["state.json", "arrays.npz", "../x"], ["/etc/passwd"], [], None, 5])
def test_only_the_files_of_the_folder_are_read(copied, tmp_path, names):
    folder = copied()
    (tmp_path / "x").write_text("{}", "utf-8")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"] = dict.fromkeys(names, checksum(b"{}")) if isinstance(names, list) else names
    seal(folder, manifest)
    with pytest.raises(ArtifactError, match=r"damaged: manifest\.json was changed"):
        load_pipeline(folder)


def test_bombs_are_refused_before_they_are_opened(copied):
    folder = copied()
    data = path_of(folder, "arrays.npz").read_bytes()
    started = time.monotonic()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("golden.npy", "w") as file:
        for _ in range(256):
            file.write(bytes(2**20))
    huge = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }", bytes(64))
    overflow = npy(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({2**62}, 4), }}")
    nested = npy("{'descr': '<f8', 'fortran_order': False, 'shape': " + "(" * 900 + ")" * 900 + ", }")
    long = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }" + " " * 60000, bytes(8))
    # Says that it is not compressed and 1 GiB long.
    lying = bytearray(packed({"golden": np.zeros(4)}))
    central = lying.rindex(b"PK\x01\x02")
    lying[central + 20 : central + 28] = struct.pack("<II", 2**30, 2**30)
    for arrays, why in (
        (out.getvalue(), "compressed"),
        (rezipped(data, lambda old: huge), "its size says otherwise"),
        (rezipped(data, lambda old: overflow), "its size says otherwise"),
        (rezipped(data, lambda old: nested), ""),
        (rezipped(data, lambda old: long), "[Hh]eader"),
        (bytes(lying), "overlap"),
        (zlib.compress(data), "not a zip file"),
    ):
        seal(folder, arrays=arrays)
        with pytest.raises(ArtifactError, match=rf"cannot be rebuilt: arrays\.npz: .*{why}"):
            load_pipeline(folder)
    assert time.monotonic() - started < 10


def test_members_that_share_bytes_are_refused():
    once = packed({f"a{number:02}": np.zeros(1000) for number in range(20)})
    assert len(read_arrays(once)) == 20
    start = once.index(b"PK\x01\x02")
    entry = once[start : once.index(b"PK\x01\x02", start + 4)]
    entries = [entry.replace(b"a00.npy", f"a{number:02}.npy".encode()) for number in range(20)]
    directory = b"".join(entries)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 20, 20, len(directory), 8300, 0)
    with pytest.raises((ValueError, zipfile.BadZipFile)):
        read_arrays(once[:8300] + directory + end)


@pytest.mark.parametrize("file", ["manifest", "state", "report"])
def test_json_that_is_deep_huge_or_no_number_is_refused(copied, file):
    name = {"manifest": "manifest.json", "state": "state.json", "report": "report.json"}[file]
    for text in ("[" * 100_000 + "]" * 100_000, '{"a":' * 100_000, '{"a": NaN}', "[" + "[]," * 3_100_000 + "[]]", "\xff", ""):
        folder = copied()
        if file == "manifest":
            (folder / name).write_text(text, "latin-1")
        else:
            seal(folder, **{file: text.encode("latin-1")})
        with pytest.raises(ArtifactError, match=name):
            load_pipeline(folder)


@pytest.mark.parametrize("name", ["manifest.json", *FILES])
def test_files_that_would_fill_the_memory_or_never_end_are_not_opened(copied, name):
    folder = copied()
    path = path_of(folder, name)
    with open(path, "ab") as file:
        file.truncate(2**42)
    with pytest.raises(ArtifactError, match=rf"{path.name} has 4,194,304 MiB, more than"):
        load_pipeline(folder)


def _linked(path):
    shutil.move(path, path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


NO_PLAIN_FILES = {
    "a link to a device": (lambda path: path.unlink() or path.symlink_to("/dev/zero"), "is a link, .* cp -rL"),
    "a link to what was saved": (_linked, "is a link, .* cp -rL"),
    "a dangling link": (lambda path: path.unlink() or path.symlink_to("nowhere"), "is a link, .* cp -rL"),
    "a pipe": (lambda path: path.unlink() or os.mkfifo(path), "is not a plain file"),
    "a folder": (lambda path: path.unlink() or path.mkdir(), "is not a plain file"),
}


@pytest.mark.parametrize("name", ["manifest.json", *FILES])
@pytest.mark.parametrize("way", NO_PLAIN_FILES)
def test_what_is_no_plain_file_of_the_folder_is_not_read(copied, name, way):
    folder = copied()
    change, why = NO_PLAIN_FILES[way]
    path = path_of(folder, name)
    change(path)
    with pytest.raises(ArtifactError, match=f"{path.name} {why}"):
        load_pipeline(folder)


def test_other_files_in_the_folder_are_not_read(copied):
    folder = copied()
    os.mkfifo(folder / "pipe")
    (folder / "NOTES.md").write_text("mine", "utf-8")
    (folder / "link").symlink_to("/dev/zero")
    (folder / "config.json").write_text('{"auto_map": {"AutoModel": "evil.Model"}}', "utf-8")
    assert len(load_pipeline(folder).predict(TEXTS)) == len(TEXTS)


@pytest.mark.parametrize("file", ["manifest", "state", "report"])
def test_a_key_that_stands_twice_is_refused(copied, file):
    folder = copied()
    text = path_of(folder, f"{file}.json").read_text("utf-8").rstrip().removesuffix("}") + ', "format": 1, "format": 1}'
    if file == "manifest":
        (folder / "manifest.json").write_text(text, "utf-8")
    else:
        seal(folder, **{file: text.encode()})
    with pytest.raises(ArtifactError, match=f"{file}.json.*the key 'format' stands twice"):
        load_pipeline(folder)


@pytest.mark.parametrize("number", [True, 1.0, "1", None, [1], 0, -1])
def test_a_format_that_is_no_such_number_is_refused(copied, number):
    folder = copied()
    seal(folder, {**json.loads((folder / "manifest.json").read_bytes()), "format": number})
    with pytest.raises(ArtifactError, match=r"manifest\.json was changed"):
        load_pipeline(folder)


def test_more_members_than_a_pipeline_has_are_refused_before_they_are_listed(copied):
    folder = copied()
    arrays = dict.fromkeys([f"a{number}" for number in range(20_001)], np.zeros(0))
    seal(folder, arrays=packed(arrays))
    with pytest.raises(ArtifactError, match=r"arrays\.npz: it has more than 20,000 members"):
        load_pipeline(folder)


@pytest.mark.parametrize(("file", "grows"), [("arrays.npz", 8), ("state.json", 20)])
def test_what_memory_could_not_hold_is_not_read(copied, monkeypatch, file, grows):
    folder = copied()
    seal(folder, **{file.split(".")[0]: bytes(10**6)})
    memory = psutil.virtual_memory()
    for free, why in ((10**6 * grows - 1, "more than the 1 MiB that can be read with the memory"), (10**6 * grows, "rebuilt")):
        monkeypatch.setattr(psutil, "virtual_memory", lambda free=free: memory._replace(available=free))
        with pytest.raises(ArtifactError, match=why):
            load_pipeline(folder)


def test_what_cannot_be_read_again_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(untrusted, "JSON_BYTES", 1000)
    with pytest.raises(ArtifactError, match=r"state\.json would have 0 MiB, too much to be read again"):
        TextPipeline(CONFIGURATIONS["linear"][0]).fit(*toy("binary")).save(tmp_path / "saved")
    assert not list(tmp_path.iterdir())


def test_a_file_is_told_that_there_is_no_zip_form(copied, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "pipeline"), "zip", copied())
    with pytest.raises(ArtifactError, match=r"pipeline\.zip' is a file; a pipeline is saved as a folder"):
        load_pipeline(archive)


def _set(name, value):
    def change(state, arrays):
        array = arrays[name].copy()
        array.ravel()[0] = value
        arrays[name] = array

    return change


def _put(name, array):
    return lambda state, arrays: arrays.update({name: array})


def _learned(number, **values):
    return lambda state, arrays: state["components"][number]["learned"].update(values)


def _model(**values):
    def change(state, arrays):
        learned = state["components"][0]["learned"]
        tokenizer = json.loads(learned["tokenizer"])
        tokenizer["model"].update(values)
        learned["tokenizer"] = json.dumps(tokenizer)

    return change


INCONSISTENT = {
    ("linear", "a key far outside"): (_set("2.keys0", 2**40), "features char_tfidf: the array 'keys0'"),
    ("linear", "a negative key"): (_set("2.keys1", -5), "features char_tfidf: the array 'keys1'"),
    ("linear", "a column far outside"): (_set("1.columns0", 2**31 - 1), "the array 'columns0' holds a number outside"),
    ("linear", "a column below -1"): (_set("1.columns0", -7), "the array 'columns0' holds a number outside"),
    ("linear", "no numbers"): (_set("1.weights", np.nan), "features word_tfidf: the array 'weights' holds a number that is"),
    ("linear", "endless coefficients"): (_set("3.coefficients", np.inf), "model linear_svm: .*not finite"),
    ("linear", "many columns of no rows"): (_put("3.coefficients", np.zeros((0, 10**6), np.float32)), "1000000 columns"),
    ("linear", "text as numbers"): (_learned(2, symbols=["a", "b"]), "features char_tfidf: its symbols"),
    ("linear", "symbols beyond Unicode"): (_learned(2, symbols=[10**9]), "outside 0 to 1114111"),
    ("linear", "absurdly long n-grams"): (_learned(1, high=10**9), "high must be a whole number from 1 to 16"),
    ("linear", "more classes than listed"): (_learned(3, n_classes=10**12), "1000000000000 classes, the manifest lists 3"),
    ("linear", "classes seen outside"): (_learned(3, seen=[[0, 1, -1]]), "'seen' holds a number outside 0 to 2"),
    ("linear", "too few classes seen"): (_learned(3, seen=[]), "0 lists of classes seen"),
    ("linear", "a wrong dtype"): (_put("1.weights", np.zeros(3, np.int64)), "the array 'weights' has the wrong type"),
    ("linear", "an endless probe"): (lambda state, arrays: state.update(probes=["x" * 10**6]), "probes must be"),
    ("linear", "no probe"): (lambda state, arrays: state.update(probes=[]), "probes must be"),
    ("linear", "a temperature of 0"): (lambda state, arrays: state["decision"].update(temperature=0), "must be above 0"),
    ("neighbours", "an index outside"): (_set("2.indices", 10**6), "model neighbours: the array 'indices' holds"),
    ("neighbours", "pointers that go back"): (_put("2.indptr", np.array([0, 9, -9])), "model neighbours: the array 'indptr'"),
    ("neighbours", "a huge shape"): (_learned(2, shape=[10**12, 10**12]), "1000000000000 training rows"),
    ("unigram", "a piece without score"): (_model(vocab=[["<unk>", 0], ["a", "b"]]), "a piece without a score .*'a'"),
    ("neighbours", "a pair of nothing"): (_model(merges=[["q", "q"]]), "joins pieces that are not there"),
    ("neighbours", "pieces without number"): (_model(vocab={"<unk>": 2**32 - 1}), "or without a number"),
    ("forest", "a branch outside"): (_set("2.0.left", 2**30), "a branch of a tree leads to no later node"),
    ("forest", "a circle"): (_set("2.0.right", 0), "a branch of a tree leads to no later node"),
    ("forest", "a feature outside"): (_set("2.0.feature", 2**30), "the array 'feature' holds a number outside"),
    ("forest", "other sizes"): (_set("2.0.sizes", 1), "does not divide the nodes into trees"),
    ("forest", "a hash outside"): (_set("1.columns", -3), "features word_hashing: the array 'columns'"),
    ("kernel", "counts outside"): (_set("1.0.counts", -1), "the array 'counts' holds"),
    ("kernel", "another kernel"): (_learned(1, heads=[{"kernel": "os.system"}]), "unknown kernel 'os.system'"),
    ("bernoulli", "a classifier less"): (_learned(1, heads=[None]), "model BernoulliNB"),
}  # fmt: skip


@pytest.mark.parametrize("case", INCONSISTENT, ids=" ".join)
def test_a_state_that_contradicts_itself_is_refused(copied, case):
    folder = copied(case[0])
    change, why = INCONSISTENT[case]
    change_state(folder, change)
    with pytest.raises(ArtifactError, match=rf"cannot be rebuilt: .*{why}.*\. Save the pipeline again, or train a new one\."):
        load_pipeline(folder)


def test_a_tokenizer_can_only_bring_pieces(copied):
    folder = copied("neighbours")
    expected = load_pipeline(folder).predict_proba(TEXTS)
    padding = {"strategy": {"Fixed": 10**11}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0}
    split = {"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Removed", "invert": False}

    def change(state, arrays):
        learned = state["components"][0]["learned"]
        tokenizer = json.loads(learned["tokenizer"])
        tokenizer.update(padding={**padding, "pad_token": "x"}, pre_tokenizer=split)
        tokenizer["model"]["dropout"] = 0.9
        learned["tokenizer"] = json.dumps(tokenizer)

    change_state(folder, change)
    assert np.array_equal(load_pipeline(folder).predict_proba(TEXTS), expected)


def test_parameters_outside_their_domain_are_refused(copied):
    folder = copied("forest")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["configuration"]["features.word_hashing.bits"] = 60
    seal(folder, manifest)
    with pytest.raises(ArtifactError, match=r"features\.word_hashing\.bits must be a whole number from 8 to 26, not 60"):
        load_pipeline(folder)


def test_classes_that_do_not_fit_the_model_are_refused(copied):
    folder = copied()
    for classes, why in ((["a", "b", "c", "d"], "the manifest lists 4"), (["a", "a", "b"], "differ"), ([[]], "labels")):
        manifest = json.loads((folder / "manifest.json").read_bytes())
        manifest["classes"] = classes
        seal(folder, manifest)
        with pytest.raises(ArtifactError, match=why):
            load_pipeline(folder)
