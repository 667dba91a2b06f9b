"""A state that contradicts itself or its manifest, in a pipeline with right checksums, is refused; the part is named."""

import json

import numpy as np
import pytest
from conftest import toy
from pipeline.tampering import change_state, seal

from autotext import ArtifactError, load_pipeline

TEXTS = [*toy("multiclass")[0][:6], "", "\0", "한국어", "zz " * 50]


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
    ("linear", "endless coefficients"): (_set("3.steps", np.inf), "model linear_svm: .*not finite"),
    ("linear", "coefficients too large for a float"): (_set("3.steps", np.float32(1e38)), "linear_svm: .*'steps' holds"),
    ("linear", "coefficients of no size"): (_set("3.steps", 0.0), "model linear_svm: .*'steps' holds a number that is not pos"),
    ("linear", "coefficients that are no multiples"): (_put("3.multiples", np.zeros((3, 3), np.int8)), "int8 of"),
    ("linear", "many columns of no rows"): (_put("3.multiples", np.zeros((0, 10**6), np.int16)), "1000000 columns"),
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
