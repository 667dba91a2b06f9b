import numpy as np
import pandas as pd
import pytest
from conftest import toy
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError, UndefinedMetricWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.utils.validation import check_is_fitted

from autotext import ArgumentError, ComponentError, MetricError, TaskError, TextPipeline, load_pipeline
from autotext.task import label_array

CONFIGURATION = {"tokenizer": "words", "features": "word_tfidf", "model": "linear_svm", "model.linear_svm.C": 1.0}
CHARACTERS = {
    "features": "char_tfidf",
    "features.char_tfidf.min_df": 1,
    "features.char_tfidf.span": "1-3",
    "model": "ridge",
}


def test_texts_that_are_not_sure_enough_have_no_answer():
    texts, labels = toy("binary")
    pipeline = TextPipeline({"features": "char_tfidf", "model": "logistic"}).fit(texts, labels)
    sure = pipeline.predict_proba(texts).max(axis=1)
    least = float(np.median(sure))
    answers = pipeline.predict(texts, min_score=least)
    assert [answer is None for answer in answers] == (sure < least).tolist()
    assert (answers[sure >= least] == pipeline.predict(texts)[sure >= least]).all()
    for arguments, message in (({"min_score": 2}, "min_score must be a number from 0 to 1"),
                               ({"min_score": 0.5, "max_error": 0.5}, "give one of them"),
                               ({"max_error": 0.05}, "no search has judged it; use min_score")):
        with pytest.raises(ArgumentError, match=message):
            pipeline.predict(texts, **arguments)


def test_an_indicator_matrix_has_no_place_for_a_missing_answer():
    texts, labels = ["so good", "very good", "so bad", "very bad"] * 3, np.array([[1, 0], [1, 0], [0, 1], [0, 1]] * 3)
    pipeline = TextPipeline({"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "logistic"}).fit(texts, labels)
    with pytest.raises(ArgumentError, match="indicator matrix has no place"):
        pipeline.predict(texts, min_score=0.5)


def test_scikit_learn_takes_it_for_a_classifier():
    pipeline = TextPipeline(CONFIGURATION, metric="f1_macro", seed=3)
    assert is_classifier(pipeline)
    assert pipeline.get_params() == {"configuration": CONFIGURATION, "metric": "f1_macro", "seed": 3, "weights": None}
    assert clone(pipeline).get_params() == pipeline.get_params()
    with pytest.raises(NotFittedError):
        check_is_fitted(pipeline)
    with pytest.raises(NotFittedError, match="call fit"):
        pipeline.predict(["a"])
    texts, labels = toy("binary")
    assert pipeline.fit(texts, labels) is pipeline
    check_is_fitted(pipeline)
    assert not hasattr(clone(pipeline), "chain_")


def test_scikit_learn_validates_and_tunes_it():
    texts, labels = toy("binary")
    assert cross_val_score(TextPipeline(CONFIGURATION), texts, labels, cv=3).mean() > 0.9
    other = {**CONFIGURATION, "model.linear_svm.C": 0.1}
    search = GridSearchCV(TextPipeline(CONFIGURATION), {"configuration": [CONFIGURATION, other]}, cv=2).fit(
        texts, labels
    )
    assert search.best_params_["configuration"] in (CONFIGURATION, other)


@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel", "korean", "chinese"])
def test_learns_tasks_of_every_kind(name):
    texts, labels = toy(name)
    pipeline = TextPipeline(CHARACTERS).fit(texts, labels)
    assert pipeline.score(texts, labels) > 0.9
    probabilities = pipeline.predict_proba(texts)
    assert probabilities.shape == (len(texts), len(pipeline.classes_))
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    if name == "multilabel":
        found = pipeline.predict(texts)
        assert all(isinstance(row, list) for row in found)
        assert np.mean([sorted(row) == sorted(wanted) for row, wanted in zip(found, labels, strict=True)]) > 0.9
        assert pipeline.kind_ == "multilabel"
    else:
        np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
        if pipeline.kind_ == "multiclass":
            assert (pipeline.classes_[probabilities.argmax(axis=1)] == pipeline.predict(texts)).all()


@pytest.mark.parametrize("values", [(0, 1), (True, False), ("a", "bc"), (0.5, 2.5), (np.int64(7), np.int64(9))])
def test_labels_come_back_in_the_type_given(values, tmp_path):
    texts, labels = toy("binary")
    given = [values[label == "good"] for label in labels]
    pipeline = TextPipeline(CONFIGURATION).fit(texts, np.array(given))
    plain = sorted(getattr(value, "item", lambda value=value: value)() for value in values)
    assert pipeline.classes_.tolist() == plain
    assert pipeline.classes_.dtype == {int: np.int64, bool: np.bool_, float: np.float64}.get(type(plain[0]), object)
    predicted = pipeline.predict(texts)
    assert predicted.dtype == pipeline.classes_.dtype
    named = [answer["label"] for answer in pipeline(texts)]
    assert {type(label) for label in [*predicted.tolist(), *named]} == {type(plain[0])}
    assert (predicted == pd.Series(given).to_numpy()).mean() == pipeline.score(texts, given) > 0.9
    loaded = load_pipeline(pipeline.save(tmp_path / "pipeline"))
    assert (loaded.classes_.dtype, loaded.classes_.tolist()) == (pipeline.classes_.dtype, plain)


@pytest.mark.parametrize("labels", [[1, 2**70], ["a\0", "한" * 300], [-1, 2**63], [True, False], [0.5, 1.0], [3, 5]])
def test_an_array_holds_labels_as_they_are(labels):
    array = label_array(labels)
    assert array.tolist() == labels
    assert [type(label) for label in array.tolist()] == [type(label) for label in labels]


def test_the_call_speaks_the_protocol_of_transformers():
    texts, labels = toy("multiclass")
    pipeline = TextPipeline(CONFIGURATION).fit(texts, labels)
    single = pipeline(texts[0])
    assert single == [
        {"label": pipeline.predict(texts[:1])[0], "score": pytest.approx(pipeline.predict_proba(texts[:1]).max())}
    ]
    assert pipeline([texts[0]]) == single
    assert len(pipeline(texts[:5])) == 5
    ranked = pipeline(texts[0], top_k=2)
    assert [set(entry) for entry in ranked] == [{"label", "score"}] * 2
    assert ranked[0]["score"] >= ranked[1]["score"]
    everything = pipeline(texts[:3], top_k=None)
    assert [len(entry) for entry in everything] == [3, 3, 3]
    assert sum(entry["score"] for entry in everything[0]) == pytest.approx(1.0)
    assert pipeline(texts[:7], batch_size=2) == pipeline(texts[:7])
    assert pipeline(texts[0], top_k=1) == single
    assert pipeline([]) == []


def test_several_text_columns():
    texts, labels = toy("binary")
    frame = pd.DataFrame({"title": texts, "body": ["same"] * len(texts)})
    pipeline = TextPipeline(CONFIGURATION).fit(frame, labels)
    assert pipeline.columns_ == ("title", "body")
    expected = pipeline.predict(frame).tolist()
    assert expected == labels
    assert pipeline.predict(frame[["body", "title"]].assign(more=1)).tolist() == expected
    assert pipeline.predict(frame.to_dict("records")).tolist() == expected
    assert pipeline({"title": texts[0], "body": "same"})[0]["label"] == expected[0]
    with pytest.raises(TaskError, match=r"no column 'title'.*Did you mean 'titles'"):
        pipeline.predict(frame.rename(columns={"title": "titles"}))


def test_predictions_of_no_texts_and_of_hostile_ones():
    texts, labels = toy("binary")
    pipeline = TextPipeline(CONFIGURATION).fit(texts, labels)
    assert pipeline.predict([]).shape == (0,)
    assert pipeline.predict_proba([]).shape == (0, 2)
    assert len(pipeline.predict(["", "\0", "\ud83d", "😀", "한국어", "x" * 100_000])) == 6
    for form in (np.array(texts), np.array(texts, dtype=object), pd.Series(texts), tuple(texts)):
        assert pipeline.predict(form).tolist() == pipeline.predict(texts).tolist()


@pytest.mark.parametrize(
    ("texts", "message"),
    [("one text", r"predict\(\[text\]\)"), (["a", None], "Row 2 of the texts to predict has no text: None"),
     ([5], "none of the texts is text; the first is int: 5")],
)
def test_what_is_no_list_of_texts_is_refused(texts, message):
    pipeline = TextPipeline(CONFIGURATION).fit(*toy("binary"))
    with pytest.raises(TaskError, match=message):
        pipeline.predict(texts)


def test_illegal_pipelines_are_refused_when_fitted():
    texts, labels = toy("binary")
    with pytest.raises(ComponentError, match="Did you mean 'ridge'"):
        TextPipeline({**CHARACTERS, "model": "rigde"}).fit(texts, labels)
    with pytest.raises(MetricError):
        TextPipeline(CHARACTERS, metric="f1_samples").fit(texts, labels)
    with pytest.raises(TaskError, match="only one class"):
        TextPipeline(CHARACTERS).fit(texts, ["a"] * len(texts))


def test_the_same_seed_gives_the_same_pipeline():
    texts, labels = toy("multiclass")
    noisy = {"tokenizer": "words", "features": "word_tfidf", "model": "sgd", "model.sgd.alpha": 0.01}
    first = TextPipeline(noisy, seed=1).fit(texts, labels).predict_proba(texts)
    np.testing.assert_array_equal(TextPipeline(noisy, seed=1).fit(texts, labels).predict_proba(texts), first)


def test_labels_that_training_lacks_count_as_wrong_and_are_counted():
    texts, labels = toy("binary")
    pipeline = TextPipeline(CONFIGURATION).fit(texts, labels)
    whole = pipeline.score(texts, labels)
    some = ["new", "newer", *labels[2:]]
    with pytest.warns(UndefinedMetricWarning, match="2 of 48 test rows have a label that training lacks; accuracy counts them"):
        assert pipeline.score(texts, some) == pytest.approx(whole - 2 / 48)
    assert pipeline.fitted_.encode(["good", "new", "bad"]).tolist() == [1, -1, 0]
    with pytest.raises(TaskError, match=r"no label is known from training: 'new' here, 'bad', 'good' there"):
        pipeline.score(texts, ["new"] * len(texts))


def test_multilabel_rows_with_labels_that_training_lacks_count_as_wrong():
    texts, labels = toy("multilabel")
    pipeline = TextPipeline(CONFIGURATION, metric="accuracy").fit(texts, labels)
    assert pipeline.fitted_.encode([["late"], ["good", "new"], []]).tolist() == [[0, 0, 0, 1, 0], [0, 0, 1, 0, 1], [0] * 5]
    right = next(row for row, label in enumerate(pipeline.predict(texts)) if sorted(label) == sorted(labels[row]))
    worse = [[*label, "new"] if row == right else label for row, label in enumerate(labels)]
    with pytest.warns(UndefinedMetricWarning, match="1 of 60 test rows has a label that training lacks"):
        assert pipeline.score(texts, worse) == pytest.approx(pipeline.score(texts, labels) - 1 / 60)


@pytest.mark.parametrize("metric", ["roc_auc", "f1", "matthews_corrcoef"])
def test_a_score_that_is_undefined_is_refused_with_the_reason(metric):
    texts, labels = toy("binary")
    pipeline = TextPipeline(CONFIGURATION, metric=metric).fit(texts, labels)
    with pytest.raises(MetricError, match=f"{metric} is undefined: no test row of .*'(good|bad)'. Add such rows"):
        pipeline.score(texts[:1], labels[:1] if labels[0] == "bad" else ["bad"])


def test_what_is_scored_must_fit_together():
    texts, labels = toy("binary")
    pipeline = TextPipeline(CONFIGURATION).fit(texts, labels)
    with pytest.raises(TaskError, match="There are 48 texts and 10 labels; each text needs one"):
        pipeline.score(texts, labels[:10])
    with pytest.raises(TaskError, match="The label of row 2 is missing"):
        pipeline.score(texts[:3], ["good", None, "bad"])
    for weights in ([1.0] * 3, "heavy", [-1.0] * 48, [0.0] * 48, [np.nan] * 48):
        with pytest.raises(TaskError, match="sample_weight must hold one number of at least 0 for each of the 48 texts"):
            pipeline.score(texts, labels, weights)


@pytest.mark.parametrize("metric", ["accuracy", "f1_macro", "neg_log_loss", "roc_auc"])
def test_a_weight_counts_as_so_many_copies(metric):
    texts, labels = toy("binary")
    pipeline = TextPipeline(CONFIGURATION, metric=metric).fit(texts, labels)
    said = np.where(np.arange(len(texts)) % 5 == 0, "good", labels)
    weights = np.arange(len(texts)) % 3
    copies = np.repeat(np.arange(len(texts)), weights)
    weighed = pipeline.score(texts, said, sample_weight=weights)
    assert weighed == pytest.approx(pipeline.score([texts[row] for row in copies], said[copies]))
    assert weighed != pytest.approx(pipeline.score(texts, said))


@pytest.mark.parametrize(("trained", "given"), [((0, 1), ("0", "1")), (("0", "1"), (0, 1)), (("0", "1"), (0.0, 1.0)),
                                                 ((0.0, 1.0), ("0", "1")), ((False, True), ("False", "True"))])
def test_labels_of_another_type_are_those_that_read_the_same(trained, given):
    texts, labels = toy("binary")
    pipeline = TextPipeline(CONFIGURATION).fit(texts, [trained[label == "good"] for label in labels])
    other = pd.Series([given[label == "good"] for label in labels])
    assert pipeline.score(texts, other) == pipeline.score(texts, [trained[label == "good"] for label in labels]) > 0.9


def test_indicator_matrices_are_answered_with_indicator_matrices():
    texts, labels = toy("multilabel")
    names = sorted({label for row in labels for label in row})
    matrix = np.array([[name in row for name in names] for row in labels]).astype(int)
    of_lists, of_matrix = (TextPipeline(CONFIGURATION).fit(texts, given) for given in (labels, matrix))
    assert of_lists.score(texts, matrix) == of_lists.score(texts, labels) == of_matrix.score(texts, matrix)
    assert of_lists.predict(texts).dtype == object
    assert all(type(row) is list for row in of_lists.predict(texts))
    assert of_matrix.classes_.tolist() == [0, 1, 2, 3]
    assert of_matrix.predict(texts).dtype == np.int64
    assert of_matrix.predict(texts).tolist() == [[int(name in row) for name in names] for row in of_lists.predict(texts)]


def test_the_metric_is_what_score_measures():
    texts, labels = toy("binary")
    pipeline = TextPipeline(CONFIGURATION, metric="neg_log_loss").fit(texts, labels)
    assert pipeline.score(texts, labels) < 0


def test_unions_weigh_their_blocks():
    texts, labels = toy("binary")
    union = {**CONFIGURATION, "features": "word_tfidf+char_tfidf", "features.char_tfidf.min_df": 1}
    light = TextPipeline({**union, "features.char_tfidf.weight": 0.01}).fit(texts, labels)
    heavy = TextPipeline({**union, "features.char_tfidf.weight": 10.0}).fit(texts, labels)
    alone = TextPipeline(CONFIGURATION).fit(texts, labels)
    margins = [pipeline.fitted_.chain.margins(texts) for pipeline in (light, heavy, alone)]
    assert np.abs(margins[0] - margins[2]).max() < 0.05 < np.abs(margins[1] - margins[2]).max()


def test_normalizers_work_in_their_own_order():
    configuration = {
        "normalizer.unicode.form": "NFKC",
        "normalizer.casing.use": True,
        "normalizer.markup.use": True,
        "normalizer.jamo.use": False,
        **CONFIGURATION,
    }
    pipeline = TextPipeline(configuration).fit(*toy("binary"))
    assert [part.name for part in pipeline.fitted_.chain.normalizers] == ["markup", "unicode", "casing"]
    assert pipeline.fitted_.chain.normalize(["<b>ＡＢ</b>"]) == [" ab "]
