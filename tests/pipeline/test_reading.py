"""What a fitted pipeline makes of texts and labels in every form."""

import datasets
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp
from conftest import toy
from sklearn.model_selection import cross_val_score

from autotext import TaskError, TextPipeline, load_pipeline

NB = {"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "multinomial_nb"}
TEXTS, LABELS = toy("binary")
NEW = ["the meal was lovely 0", "the room was awful 1", "the film was great 0"]
COLUMNS = {"id": [1, 2, 3], "text": NEW}
RECORDS = [{"id": number, "text": text} for number, text in enumerate(NEW)]


@pytest.fixture(scope="module")
def of_pairs():
    return TextPipeline(NB).fit(TEXTS, LABELS)


@pytest.fixture(scope="module")
def of_columns():
    frame = pd.DataFrame({"title": TEXTS, "body": [f"it {label}" for label in LABELS]})
    return TextPipeline(NB).fit(frame, LABELS)


def plain(answers):
    return [list(answer) if isinstance(answer, list | np.ndarray) else answer for answer in answers]


@pytest.mark.parametrize("data", [
    tuple(NEW), np.array(NEW), np.array(NEW, dtype=object), np.array(NEW)[:, None], pd.Series(NEW),
    pd.Series(NEW, index=[7, 8, 9]), pl.Series(NEW), pa.array(NEW), pa.chunked_array([NEW]), (text for text in NEW),
    pd.DataFrame(COLUMNS), pl.DataFrame(COLUMNS), pl.LazyFrame(COLUMNS), pa.table(COLUMNS), pa.RecordBatch.from_pydict(COLUMNS),
    datasets.Dataset.from_dict(COLUMNS), datasets.Dataset.from_dict(COLUMNS).to_iterable_dataset(), COLUMNS, {"text": NEW},
    RECORDS, [{"text": text} for text in NEW], pd.DataFrame({"whatever": NEW}), pd.DataFrame(NEW),
], ids=lambda data: type(data).__name__)
def test_texts_in_every_form_get_the_answers_of_a_list(of_pairs, data):
    assert plain(of_pairs.predict(data)) == plain(of_pairs.predict(NEW))


def test_a_mapping_is_a_row_or_columns_by_its_shape(of_pairs):
    expected = [of_pairs(text)[0] for text in NEW]
    assert expected[0]["label"] != expected[1]["label"]
    assert [of_pairs({"text": text})[0] for text in NEW] == expected
    assert of_pairs([{"text": text} for text in NEW]) == expected
    assert plain(of_pairs.predict({"text": NEW[1]})) == plain(of_pairs.predict(NEW[1:2]))
    assert of_pairs.predict_proba({"text": NEW}).shape == (3, 2)


def test_the_pipeline_of_transformers_reads_mappings(of_pairs):
    expected = of_pairs(NEW)
    wrapped = of_pairs.as_transformers()
    answers = [wrapped({"text": text}) for text in NEW]
    assert [(answer[0] if isinstance(answer, list) else answer)["label"] for answer in answers] == [
        answer["label"] for answer in expected]


@pytest.mark.parametrize(("data", "message"), [
    (pd.DataFrame({"id": ["1"], "words": ["so good"]}), r"without a column name.*'id', 'words'.*data\['words'\]"),
    ({"a": ["so good"], "b": ["so bad"]}, "without a column name"),
    ([{"text": "so good"}, "so bad"], "row 1 is a mapping of columns, row 2 is str: 'so bad'"),
    ([{"text": "so good"}, {"words": "so bad"}], "Row 2 of the texts to predict has no 'text'"),
    (["so good", {"text": "so bad"}], r"row 2 holds a record \('text'\)"),
    (pd.Series(["so good", None]), "Row 2 of the texts to predict has no text"),
    (pd.DataFrame({"text": ["so good", None]}), "Row 2 of the texts to predict has no text"),
    (pd.DataFrame([["a", "b"]], columns=["text", "text"]), "two columns are called 'text'"),
    (pd.DataFrame(COLUMNS).iloc[0], r"looks like one row of a table: give frame\.iloc\[\[0\]\]"),
    (np.array([NEW, NEW]), "an array of 2 x 3"),
    ({"text": NEW, "id": 5}, "a mapping of 'text': list, 'id': int"),
    (b"so good", "Cannot read rows from bytes"),
    ("new.csv", r"There is no file 'new\.csv'\. Give a list of texts"),
    (set(NEW), "not set, which has no order"),
    (pd.DataFrame(), "there are no columns"),
    ({"text": "so good", "text_pair": "so bad"}, "'text', 'text_pair'. Give only the texts"),
    (5, "Cannot read rows from int"),
    (None, "Cannot read rows from NoneType"),
    ([b"so good"], "row 1 holds bytes"),
])
def test_what_could_be_misread_is_refused(of_pairs, data, message):
    with pytest.raises(TaskError, match=message):
        of_pairs.predict(data)


@pytest.mark.parametrize(("data", "message"), [
    (NEW, "trained on the columns 'title', 'body': give a DataFrame, or a list of dicts"),
    ([{"title": "a", "body": "b"}, {"title": "c"}], "Row 2 of the texts to predict has no 'body'"),
    ({"title": "a"}, "There is no column 'body', which the pipeline was trained on"),
    (pd.DataFrame({"titles": ["a"], "body": ["b"]}), "no column 'title'.*Did you mean 'titles'"),
    (pd.Series({"title": "a", "body": "b"}), "looks like one row"),
])
def test_rows_without_the_columns_of_training_are_refused(of_columns, data, message):
    with pytest.raises(TaskError, match=message):
        of_columns.predict(data)


def test_columns_of_training_are_found_by_name_however_they_are_composed(of_columns):
    frame = pd.DataFrame({"id": [1], "body": ["it good"], "\ufefftitle ": ["the film was lovely 0"]})
    assert plain(of_columns.predict(frame)) == ["good"]
    assert of_columns(frame.rename(columns={"\ufefftitle ": "title"}).to_dict("records"))[0]["label"] == "good"


def test_a_file_name_is_read_and_a_list_of_one_is_warned_of(of_pairs, tmp_path):
    path = tmp_path / "new.csv"
    pd.DataFrame(COLUMNS).to_csv(path, index=False)
    for data in (path, str(path)):
        assert plain(of_pairs.predict(data)) == plain(of_pairs.predict(NEW))
    with pytest.warns(UserWarning, match=r"new\.csv' is read as a text, though there is a file of that name"):
        of_pairs.predict([str(path)])


def test_labelled_rows_are_scored_by_the_columns_of_training(tmp_path):
    frame = pd.DataFrame({"id": range(len(TEXTS)), "said": TEXTS, "stars": [5 if label == "good" else 1 for label in LABELS]})
    pipeline = TextPipeline(NB).fit(frame[["said"]], frame["stars"])
    frame.to_csv(tmp_path / "rows.csv", index=False)
    expected = pipeline.score(TEXTS, frame["stars"])
    assert 0.5 < expected == pipeline.score(frame) == pipeline.score(str(tmp_path / "rows.csv"))
    with pytest.raises(TaskError, match="cannot tell which column is the label"):
        TextPipeline(NB).fit(TEXTS, LABELS).score(frame.assign(more=1))
    with pytest.raises(TaskError, match="texts without labels"):
        pipeline.score(TEXTS)


MATRIX = np.array([[1, 0], [0, 1], [1, 1], [0, 0]] * 6)
SAID = [" ".join(["lovely"] * row[0] + ["late"] * row[1]) + f" parcel {number}" for number, row in enumerate(MATRIX)]
WORDS = {"tokenizer": "words", "features": "word_tfidf", "model": "linear_svm"}


@pytest.mark.parametrize("form", [np.asarray, np.ndarray.tolist, list, lambda matrix: matrix.astype(bool),
                                  lambda matrix: matrix.astype(float), sp.csr_matrix, sp.coo_array, pd.DataFrame,
                                  lambda matrix: pl.DataFrame({"0": matrix[:, 0], "1": matrix[:, 1]})])
def test_each_column_of_an_indicator_matrix_is_a_class(form):
    pipeline = TextPipeline(WORDS).fit(SAID, form(MATRIX))
    assert (pipeline.kind_, [str(label) for label in pipeline.classes_]) == ("multilabel", ["0", "1"])
    answers = pipeline.predict(SAID)
    assert answers.shape == MATRIX.shape
    np.testing.assert_array_equal(answers, MATRIX)
    assert pipeline.score(SAID, form(MATRIX)) == 1.0
    assert pipeline.score(SAID, form(1 - MATRIX)) < 0.5


def test_classes_are_called_as_the_columns_of_a_frame_and_kept_in_their_order(tmp_path):
    frame = pd.DataFrame(MATRIX, columns=["nice", "delayed"])
    pipeline = TextPipeline(WORDS).fit(SAID, frame)
    assert list(pipeline.classes_) == ["nice", "delayed"]
    assert pipeline("lovely parcel")[0]["label"] == "nice"
    np.testing.assert_array_equal(pipeline.predict(SAID), MATRIX)
    loaded = load_pipeline(pipeline.save(tmp_path / "pipeline"))
    np.testing.assert_array_equal(loaded.predict(SAID), MATRIX)
    assert loaded.score(SAID, frame[["delayed", "nice"]]) == 1.0


def test_a_matrix_scores_a_pipeline_that_was_trained_on_lists():
    labels = [[name for name, mark in zip(("late", "nice"), row[::-1], strict=True) if mark] for row in MATRIX]
    pipeline = TextPipeline(WORDS).fit(SAID, labels)
    assert pipeline.score(SAID, MATRIX[:, ::-1]) == pipeline.score(SAID, labels) == 1.0
    with pytest.raises(TaskError, match="the indicator matrix has 3 columns and there are 2 classes"):
        pipeline.score(SAID, np.hstack([MATRIX, MATRIX[:, :1]]))


def test_indicators_can_be_cross_validated():
    assert cross_val_score(TextPipeline(WORDS), SAID, MATRIX, cv=3, error_score="raise").mean() > 0.9


@pytest.mark.parametrize("labels", [np.array(LABELS)[:, None], pd.DataFrame({"label": LABELS}), pl.Series(LABELS),
                                    pa.array(LABELS)])
def test_one_column_is_a_label_for_each_text(labels):
    pipeline = TextPipeline(NB).fit(TEXTS, labels)
    assert pipeline.kind_ == "binary"
    assert plain(pipeline.predict(NEW[:1])) == ["good"]
