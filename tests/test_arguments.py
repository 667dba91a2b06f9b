"""Whatever is given for an argument works, or is refused by an error that names it and says what to write."""

import io
import sys
from contextlib import nullcontext
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import optuna
import pytest
from conftest import toy
from hypothesis import example, given, settings
from hypothesis import strategies as st

import autotext
from autotext import (
    ArgumentError,
    AutotextError,
    Budget,
    ComponentError,
    Experience,
    LiveProgress,
    MetricError,
    SearchSpace,
    SpaceError,
    Task,
    TaskError,
    TextPipeline,
    load_pipeline,
    optimize_pipeline,
)
from autotext.workers.pool import Pool

TINY = {"features": "char_tfidf", "model": "multinomial_nb"}
TEXTS, LABELS = ["good a", "bad b", "fine c", "poor d"], ["x", "y", "x", "y"]
FITTED = TextPipeline(TINY).fit(TEXTS, LABELS)
SPACE = SearchSpace.read("fast")


class MuteError(Exception):
    """A value that cannot be shown."""

    def __repr__(self):
        raise RuntimeError("no text")


ODD = [None, True, False, 0, -1, 2**200, 10**5000, 0.5, float("nan"), float("inf"), 3j,
       "", "a", "x" * 5000, "a\0b", "\ud800", b"ab", (), [], [None], {}, {"a": 1}, {"a"}, object(), MuteError(), MuteError, len,
       np.int64(3), np.float32(0.5), np.bool_(True), np.arange(3), date(2024, 1, 1), timedelta(days=-1), Path("nowhere"),
       io.StringIO(), TextPipeline(TINY)]
JUNK = st.one_of(st.sampled_from(ODD), st.integers(), st.floats(), st.text(st.characters(exclude_characters="/\\~")),
                 st.lists(st.sampled_from(ODD), max_size=2))


def refused(call, *arguments, **keywords):
    """The error with which a call refuses what it is given, None if it works; an error of any other kind is raised."""
    try:
        call(*arguments, **keywords)
    except AutotextError as error:
        return error
    return None


@pytest.fixture
def unread(monkeypatch):
    """Call optimize_pipeline with data that cannot be read and no workers, so that only its arguments are checked."""
    monkeypatch.setattr("autotext.optimize.open_pool", lambda workers, memory_mib: nullcontext())

    def call(**arguments):
        optimize_pipeline((["a text"], ["one", "label too many"]), **{"space": SPACE, "meta_learner": None, **arguments})

    return call


@pytest.fixture
def started(monkeypatch):
    """Settings and tasks of the searches that optimize_pipeline would have made."""
    searches = []
    monkeypatch.setattr("autotext.optimize.open_pool", lambda workers, memory_mib: nullcontext())
    monkeypatch.setattr("autotext.optimize._search", lambda asked, task, pool, stack: searches.append((asked, task)))
    return searches


@pytest.mark.parametrize("name", ["space", "metric", "budget", "encoders", "transfer_from", "meta_learner", "sampler",
                                  "workers", "seed", "storage", "on_evaluation"])
def test_anything_given_to_a_search_works_or_is_refused_in_one_line(unread, name):
    @given(JUNK)
    @settings(max_examples=60, deadline=None)
    def check(value):
        # What works goes on to the data, which is refused.
        error = refused(unread, **{name: value})
        assert error is not None
        assert "\n" not in str(error)

    check()


@pytest.mark.parametrize("name", ["seconds", "trials", "trial_seconds", "memory_mib", "spent"])
@given(JUNK)
@settings(max_examples=60, deadline=None)
def test_a_budget_takes_plain_numbers_only(name, value):
    if refused(Budget, **{"trials": 3, name: value}) is None:
        kept = getattr(Budget(**{"trials": 3, name: value}), name)
        assert kept is None or type(kept) is (int if name == "trials" else float)


@given(st.one_of(JUNK, st.from_regex(r"[0-9]{1,3}[.,:]?[0-9]* ?(s|sec|m|min|minutes|h|hours|d)? ?[0-9]*")))
@example("1h30m")
@settings(deadline=None)
def test_any_budget_is_read_as_positive_seconds_or_refused(value):
    error = refused(Budget.parse, value)
    assert "\n" not in str(error)
    assert error or 0 < Budget.parse(value).seconds <= 10**9


@pytest.mark.parametrize("name", ["configuration", "metric", "seed", "weights"])
@given(JUNK)
@settings(max_examples=40, deadline=None)
def test_a_pipeline_is_fitted_or_refuses_its_parameter(name, value):
    pipeline = TextPipeline(**{"configuration": TINY, name: value})
    assert "\n" not in str(refused(pipeline.fit, ["a b", "c d"] * 2, ["x", "y"] * 2))


@pytest.mark.parametrize("use", [load_pipeline, SearchSpace.read, Experience.read, FITTED.save,
                                 lambda value: LiveProgress("5s", stream=value), LiveProgress],
                         ids=["load_pipeline", "SearchSpace.read", "Experience.read", "save", "stream", "LiveProgress"])
@pytest.mark.parametrize("value", [*ODD, 5], ids=range(len(ODD) + 1))
def test_anything_given_as_a_path_or_stream_works_or_is_refused(use, value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "\n" not in str(refused(use, value))


@pytest.mark.parametrize(("arguments", "error", "message"), [
    ({"seed": "a"}, ArgumentError, "seed must be a whole number from 0 to 4,294,967,295, not 'a'."),
    ({"seed": 2**200}, ArgumentError, "seed must be a whole number from 0"),
    ({"seed": True}, ArgumentError, "seed must be a whole number from 0"),
    ({"workers": "2"}, ArgumentError, "workers must be a whole number from 1 to 1,024, or None for one per core, not '2'."),
    ({"on_evaluation": "x"}, ArgumentError, "on_evaluation must be a function that takes"),
    ({"sampler": "tpe"}, ArgumentError, "e.g. sampler=optuna.samplers.TPESampler(), or None, not 'tpe'."),
    ({"sampler": optuna.samplers.TPESampler}, ArgumentError, "sampler must be a sampler of Optuna"),
    ({"encoders": 5}, ArgumentError, "encoders must be 'auto', a folder or hub id of a model, or a list of them, not 5."),
    ({"encoders": ["auto", "minilm"]}, ArgumentError, "'auto' chooses all models itself"),
    ({"encoders": [""]}, ArgumentError, "encoders must be a path"),
    ({"encoders": "no-such-folder"}, ComponentError, "there is no folder 'no-such-folder'"),
    ({"transfer_from": [3]}, ArgumentError, "transfer_from must be a TextPipeline, its folder, or a list of them, not [3]."),
    ({"transfer_from": TextPipeline(TINY)}, ArgumentError, "must be fitted"),
    ({"storage": ""}, ArgumentError, "storage must be a path"),
    ({"storage": "x" * 5000}, ArgumentError, "storage must be a path"),
    ({"meta_learner": True}, ArgumentError, "or None for a cold start, not True."),
    ({"meta_learner": "portfolo"}, ArgumentError, "Unknown meta-learner 'portfolo'. Did you mean 'portfolio'?"),
    ({"space": "x" * 5000}, ArgumentError, "space must be a path"),
    ({"space": 5}, ArgumentError, "space must be"),
    ({"space": "fsat"}, SpaceError, "Did you mean 'fast'"),
    ({"metric": "acuracy"}, MetricError, "Did you mean 'accuracy'"),
    ({"metric": len}, MetricError, "the name of a scikit-learn scorer"),
    ({"target": "stars"}, ArgumentError, "optimize_pipeline has no argument 'target'; write label='stars'."),
    ({"n_trials": 30}, ArgumentError, "write budget=Budget(seconds=None, trials=30)."),
    ({"lable": "stars"}, ArgumentError, "Did you mean 'label'?"),
])
def test_what_is_wrong_is_named_before_the_data_is_read(unread, arguments, error, message):
    with pytest.raises(error) as raised:
        unread(**arguments)
    assert message in str(raised.value)
    assert len(str(raised.value)) < 500


def test_numbers_of_numpy_are_taken_as_those_of_python(started):
    optimize_pipeline(toy("binary"), seed=np.int64(3), workers=np.int32(1), budget=Budget(seconds=None, trials=np.int64(1)))
    (settings_, _), = started
    numbers = settings_.seed, settings_.workers, settings_.budget.trials
    assert numbers == (3, 1, 1)
    assert set(map(type, numbers)) == {int}


def test_what_task_read_takes_is_passed_on(started, tmp_path):
    path = tmp_path / "several.csv"
    path.write_text("내용;labels;author;day\n좋다;a+b;7;2024-01-01\n나쁘다;b;8;2024-01-02\n", encoding="utf-16")
    reading = {"label": "labels", "separator": "+", "encoding": "utf-16", "language": "Korean", "groups": "author",
               "time": "day"}
    optimize_pipeline(path, **reading)
    (_, task), = started
    expected = Task.read(path, **reading)
    assert (task.labels, task.language, task.groups) == ((("a", "b"), ("b",)), "ko", expected.groups)
    assert task.times == expected.times is not None


READERS = {
    **{name: lambda value, name=name: Task.read({"text": TEXTS, "label": LABELS, "id": [1, 2, 3, 4]}, **{name: value})
       for name in ("text", "label", "test", "separator", "language", "encoding", "groups", "time")},
    "texts": lambda value: Task.read(value, LABELS), "y": lambda value: Task.read(TEXTS, value), "dataset": Task.read,
    "pair": lambda value: Task.read((TEXTS, value)), "labels": lambda value: TextPipeline(TINY).fit(TEXTS, value),
    "inputs": lambda value: FITTED(value), "top_k": lambda value: FITTED(TEXTS, top_k=value),
    "batch_size": lambda value: FITTED(TEXTS, batch_size=value), "predicted": lambda value: FITTED.predict(value)}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_any_data_and_what_is_said_of_them_are_read_or_refused(read, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for value in [*ODD, 5, [[float("nan")], ["a"]], ["x", None, "y", "x"], [["a"], "b", ["c"], []], [object()] * 4, [[3j]] * 4]:
        assert "\n" not in str(refused(read, value))


@pytest.mark.parametrize(("arguments", "message"), [
    ({"label": 0.5}, "label must be the name of a column, or a list of them, not 0.5."),
    ({"text": []}, "text must be the name of a column, or a list of at least one, not []."),
    ({"groups": 5}, "groups must be the name of a column, or a value for each text, not 5."),
    ({"encoding": "cp9490"}, "encoding must be the name of one, e.g. 'utf-8' or 'cp949', not 'cp9490'."),
    ({"sep": "|"}, "Task.read has no argument 'sep'; write separator='|'."),
    ({"labels": LABELS}, "write y=['x', 'y', 'x', 'y']."),
])
def test_what_is_said_of_data_is_refused_by_name(arguments, message):
    with pytest.raises(ArgumentError) as raised:
        Task.read(TEXTS, **arguments)
    assert message in str(raised.value)


def test_a_task_that_was_read_takes_nothing_that_reading_would_need():
    task = Task.read(TEXTS, LABELS)
    with pytest.raises(ArgumentError, match=r"give y, text, label, .* to Task\.read"):
        Task.read(task, label="stars")
    assert Task.read(task) is task


@pytest.mark.parametrize("labels", [[[float("nan")], ["a"]], [["b", None], ["a"]]])
def test_a_single_row_with_a_label_is_told(labels):
    with pytest.raises(TaskError, match="only row 2 has both a text and a label"):
        Task.read(TEXTS[:2], labels)


def test_labels_may_be_given_beside_texts(started):
    optimize_pipeline(TEXTS, LABELS)
    assert (started[0][1].texts, started[0][1].labels) == (tuple(TEXTS), tuple(LABELS))


@pytest.mark.parametrize(("changed", "message"), [
    ({"model": "rigde"}, "Did you mean 'ridge'"),
    ({"model.multinomial_nb.alfa": 1.0}, "Did you mean 'alpha'"),
    ({"model.multinomial_nb.alpha": "much"}, "model.multinomial_nb.alpha must be a number from"),
    ({"model.ridge.alpha": 1.0}, "'model.ridge.alpha' belongs to no component of it"),
    ({"features": "word_tfidf"}, "needs a tokenizer, e.g. 'tokenizer': 'words'"),
    ({"features": None}, "must be a name with text"),
])
def test_a_configuration_names_what_is_wrong_in_it(changed, message):
    error = refused(TextPipeline({**TINY, **changed}).fit, *toy("binary"))
    assert isinstance(error, SpaceError | ComponentError)
    assert message in str(error)


def test_weights_must_be_as_many_as_configurations():
    with pytest.raises(ArgumentError, match="weights must be None or 2 numbers"):
        TextPipeline([TINY, TINY], weights=[1.0]).fit(*toy("binary"))


def test_workers_start_whatever_is_in_the_path_of_modules(monkeypatch):
    monkeypatch.setattr(sys, "path", [*map(Path, sys.path), None, "another"])
    with Pool(1, 1000.0) as pool:
        until = 200
        while not pool.ready and until:
            pool.wait(0.2)
            until -= 1
        assert pool.ready


def test_the_new_error_is_public_and_like_those_of_python():
    assert issubclass(autotext.ArgumentError, AutotextError)
    assert issubclass(autotext.ArgumentError, TypeError)
    assert issubclass(autotext.ArgumentError, ValueError)
