"""What is tried first with models that are given, and what is said of them."""

import pytest

from autotext.components import registry
from autotext.components.pretrained import PretrainedModels
from autotext.evaluation import Evaluation
from autotext.search.warm_start import add_pretrained
from autotext.space import Configuration, SearchSpace
from autotext.task import Task

GIVEN = PretrainedModels({"encoder": ("minilm",), "fine_tuned": ("minilm",), "transferred": ("earlier",)})


def evaluation(features, model, status, score):
    configuration = {"features": features, f"features.{features}.model": model} if model else {"features": features}
    return Evaluation(0, configuration, "", "search", status, score if status == "ok" else None, (score,) if score else ())


def test_the_best_with_and_without_each_model_is_told_from_those_judged_on_all_folds():
    entries = [evaluation("encoder", "minilm", "ok", 0.7), evaluation("fine_tuned", "minilm", "part", 0.9),
               evaluation("char_tfidf", None, "ok", 0.6), evaluation("char_tfidf", None, "raced", 0.95),
               evaluation("transferred", "earlier", "failed", None)]
    assert GIVEN.notes(entries) == [
        "With 'minilm' the best candidate scored 0.7000, without it 0.6000.",
        "No candidate with 'earlier' could be judged: there was no time for it, or it failed. A longer budget may help."]


@pytest.mark.parametrize(("rows", "loss", "epochs"), [(40, "pairs", [8, 8]), (5000, "classes", [3, 2, 1, 1])])
def test_the_fewer_rows_the_more_often_each_is_seen(rows, loss, epochs):
    task = Task.read(([f"text number {number}" for number in range(rows)], [number % 2 for number in range(rows)]))
    space, _ = SearchSpace.read("default").check(registry(), encoders=GIVEN)
    warm = add_pretrained([space.default()], GIVEN, space, task)
    ways = [found for found in warm if found["features"] == "fine_tuned"]
    assert ways[0]["features.fine_tuned.loss"] == loss
    assert [found["features.fine_tuned.epochs"] for found in ways] == epochs
    order = [found["features"] for found in warm]
    assert order.index("encoder") < order.index("encoder+transferred") < order.index("fine_tuned")
    usual = {"features": "encoder", "features.encoder.model": "minilm", "model": "logistic", "model.logistic.C": 10.0}
    assert any(usual.items() <= found.to_json().items() for found in warm)


def test_a_model_stands_beside_all_features_of_a_suggestion_where_the_space_has_that_else_beside_its_n_grams():
    task = Task.read((["so good", "so bad"] * 40, ["+", "-"] * 40))
    space, _ = SearchSpace.read("default").check(registry(), encoders=GIVEN)
    suggestions = [Configuration(space.walk(lambda name, domain, chosen=chosen: chosen.get(name, domain.default)))
                   for chosen in ({"features": "word_tfidf+char_tfidf", "normalizer.markup.use": True},
                                  {"features": "word_tfidf+char_tfidf+surface+sentences"},
                                  {"features": "word_tfidf+char_tfidf+sentences"})]
    warm = add_pretrained([space.default(), space.default(), *suggestions], GIVEN, space, task)
    beside = [found["features"] for found in warm if "encoder" in found.blocks and "transferred" not in found.blocks]
    assert beside == ["word_tfidf+char_tfidf+encoder", "word_tfidf+char_tfidf+sentences+encoder", "encoder"]
    assert len(set(warm)) == len(warm)
