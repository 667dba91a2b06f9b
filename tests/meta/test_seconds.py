import math

import numpy as np
import pytest

from autotext.meta import Experience, PriorTask, Result
from autotext.meta.seconds import SecondsModel

SLOW, QUICK = {"features": "char_tfidf", "model": "ridge"}, {"features": "word_tfidf", "model": "ridge"}


def meta_features(n_classes, length, rows=2000):
    return {"n_classes": float(n_classes), "log_length_median": math.log(length), "log_rows": math.log(rows)}


def true_seconds(n_classes, length, rows, structure):
    return rows * 1e-5 * (n_classes * length if structure == "char_tfidf > ridge" else length**0.5)


@pytest.fixture
def experience():
    described = [(n_classes, length, rows) for n_classes in (2, 10, 100) for length in (20, 100, 900) for rows in (300, 2000)]
    tasks = tuple(PriorTask(f"t{number}", f"t{number}", "", "accuracy", meta_features(*values))
                  for number, values in enumerate(described))
    results = tuple(Result(number, place, 0.5, true_seconds(*values, f"{configuration['features']} > ridge"))
                    for number, values in enumerate(described) for place, configuration in enumerate((SLOW, QUICK)))
    return Experience(tasks, (SLOW, QUICK), results)


@pytest.mark.parametrize("new", [(5, 50, 1000), (100, 20, 2000), (2, 900, 15_000)])
def test_seconds_follow_the_classes_the_length_of_texts_and_the_rows(experience, new):
    predicted = SecondsModel(experience).predict(meta_features(*new))
    for structure, seconds in predicted.items():
        assert seconds == pytest.approx(true_seconds(*new, structure), rel=0.35)


def test_no_more_rows_count_than_are_searched_on(experience):
    model = SecondsModel(experience)
    assert model.predict(meta_features(2, 50, 1_000_000)) == model.predict(meta_features(2, 50, 20_000))


def test_without_experience_nothing_is_predicted_and_what_was_never_timed_is_left_out(experience):
    assert SecondsModel(Experience()).predict({}) == {}
    timed = Experience(experience.tasks, experience.configurations, tuple(result for result in experience.results
                                                                          if result.configuration == 1))
    assert list(SecondsModel(timed).predict({})) == ["word_tfidf > ridge"]


def test_shipped_seconds_are_positive_for_any_task():
    model = SecondsModel(Experience.shipped())
    for values in ((2, 1, 10), (100_000, 1_000_000, 10**7)):
        seconds = np.array(list(model.predict(meta_features(*values)).values()))
        assert (seconds > 0).all()
        assert np.isfinite(seconds).all()
