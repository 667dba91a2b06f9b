"""Transformers that are trained on the task: what they learn, what they leave alone, when they are given up."""

import numpy as np
import pytest
from conftest import toy

from autotext import Budget, TextPipeline, load_pipeline, optimize_pipeline
from autotext.components import component
from autotext.components.features._fine_tuning import Recipe, _forward, _Pace, _plan, _reproducibly, fine_tune
from autotext.components.features.fine_tuned import _packed, _unpacked
from autotext.components.transformer import Transformer
from autotext.components.transformer_folder import read_transformer
from autotext.cross_validation.count_cache import CountCache
from autotext.cross_validation.cross_validate import cross_validate
from autotext.cross_validation.text_cache import TooSlowError
from autotext.scoring.metrics import Metric
from autotext.scoring.validation import Validation
from autotext.space import Configuration
from autotext.task import Task, make_folds


def configuration(folder, **more):
    return Configuration({"features": "fine_tuned", "features.fine_tuned.model": folder, "model": "logistic",
                          **{f"features.fine_tuned.{name}": value for name, value in more.items()}})


@pytest.fixture
def start(encoder_folder):
    return read_transformer(encoder_folder)


def separation(vectors, y):
    """Mean cosine within classes less that between them."""
    alike = y[:, None] == y[None, :]
    cosines = vectors @ vectors.T
    return cosines[alike].mean() - cosines[~alike].mean()


@pytest.mark.parametrize("loss", ["classes", "pairs"])
@pytest.mark.parametrize("layers", ["all", "half"])
def test_texts_of_a_class_come_closer(start, loss, layers):
    texts, labels = toy("multiclass")
    y = np.unique(labels, return_inverse=True)[1]
    tokens = start.tokens(texts)
    trained = fine_tune(start, tokens, y, Recipe(loss, layers, 20, 3e-3), seed=0)
    before, after = start.vectors(tokens), trained.vectors(tokens)
    assert separation(after, y) > 2 * separation(before, y)
    np.testing.assert_allclose(after.sum(axis=1), 0.0, atol=1e-2)
    np.testing.assert_array_equal(trained.weights["embeddings.word_embeddings.weight"],
                                  start.weights["embeddings.word_embeddings.weight"])
    positions = "embeddings.position_embeddings.weight"
    assert np.array_equal(trained.weights[positions], start.weights[positions]) == (layers == "half")


def test_float16_is_trained_with_a_factor_on_the_loss(start, monkeypatch):
    import torch

    monkeypatch.setattr("autotext.components.features._fine_tuning.half_precision", lambda: torch.float16)
    factors, scale = [], torch.amp.GradScaler.scale
    monkeypatch.setattr(torch.amp.GradScaler, "scale", lambda self, loss: factors.append(self.get_scale()) or scale(self, loss))
    texts, labels = toy("binary")
    y, tokens = np.unique(labels, return_inverse=True)[1], start.tokens(texts)
    trained = fine_tune(start, tokens, y, Recipe("classes", "all", 20, 3e-3), seed=0)
    assert min(factors) > 1
    assert all(np.isfinite(values).all() for values in trained.weights.values())
    assert separation(trained.vectors(tokens), y) > 2 * separation(start.vectors(tokens), y)


def test_what_fails_in_half_precision_is_trained_in_single(start, monkeypatch):
    import torch

    halves, forward = [], Transformer.forward

    def fails(self, model, tokens):
        halves.append(torch.is_autocast_enabled("cpu"))
        if halves[-1]:
            raise RuntimeError("value cannot be converted to type at::BFloat16 without overflow")
        return forward(self, model, tokens)

    monkeypatch.setattr("autotext.components.features._fine_tuning.half_precision", lambda: torch.bfloat16)
    monkeypatch.setattr("autotext.components.transformer.half_precision", lambda: None)
    monkeypatch.setattr(Transformer, "forward", fails)
    texts, labels = toy("binary")
    y = np.unique(labels, return_inverse=True)[1]
    trained = fine_tune(start, start.tokens(texts), y, Recipe("classes", "all", 1, 1e-3), seed=0)
    assert halves[0]
    assert not any(halves[1:])
    assert any(not np.array_equal(trained.weights[name], start.weights[name]) for name in start.weights)


def test_on_a_gpu_training_gives_the_same_every_time_where_it_can():
    import torch

    modes = []

    def train(message=""):
        modes.append(torch.are_deterministic_algorithms_enabled())
        if message and modes[-1]:
            raise RuntimeError(message)
        return "trained"

    assert _reproducibly(train) == "trained"
    assert _reproducibly(lambda: train("index_add does not have a deterministic implementation")) == "trained"
    with pytest.raises(RuntimeError, match="something else"):
        _reproducibly(lambda: train("something else"))
    assert modes == [True, True, False, True]
    assert not torch.are_deterministic_algorithms_enabled()


def test_the_pace_is_of_steps_that_have_ended(monkeypatch):
    clock, queued = [0.0], [0.0]

    def wait():
        clock[0] += queued[0]
        queued[0] = 0.0

    monkeypatch.setattr("autotext.components.features._fine_tuning.time.perf_counter", lambda: clock[0])
    plan = [[0, 1]] * 20
    pace, said = _Pace([[1] * 5] * 2, plan, -3.0, wait), []
    for rows in plan:
        # A GPU is only told what to do in each step; that takes it a second.
        clock[0] += 0.01
        queued[0] += 1.0
        said.append(pace.seconds(rows))
    # It began 3 seconds before the first step.
    assert said[5] == pytest.approx(23.2)
    assert not any(said[:5])


def test_several_labels_are_learned_together(start):
    texts, labels = toy("multilabel")
    task = Task.read((texts, labels))
    trained = fine_tune(start, start.tokens(texts), task.targets, Recipe("classes", "all", 20, 3e-3), seed=0)
    first = task.targets[:, 0]
    assert separation(trained.encode(texts), first) > separation(start.encode(texts), first)


def test_the_same_seed_trains_the_same_network_and_leaves_torch_alone(start):
    import torch

    texts, labels = toy("binary")
    y, tokens, recipe = np.unique(labels, return_inverse=True)[1], start.tokens(texts), Recipe("classes", "all", 2, 1e-3)
    state = torch.random.get_rng_state()
    one, same, other = (fine_tune(start, tokens, y, recipe, seed) for seed in (0, 0, 1))
    assert torch.equal(state, torch.random.get_rng_state())
    assert all(np.array_equal(one.weights[name], same.weights[name]) for name in one.weights)
    assert any(not np.array_equal(one.weights[name], other.weights[name]) for name in one.weights)


@pytest.mark.parametrize("loss", ["classes", "pairs"])
def test_each_row_is_read_once_an_epoch(loss):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 5, 333)
    tokens = [[1] * int(length) for length in rng.integers(1, 50, 333)]
    plan = list(_plan(tokens, np.eye(5, dtype=np.float32)[y], Recipe(loss, "all", 3, 1e-4), np.random.default_rng(0)))
    assert sorted(row for rows in plan for row in rows) == sorted([*range(333)] * 3)
    assert max(map(len, plan)) == 32
    if loss == "pairs":
        # Nearly all have another one of their class beside them.
        paired = [sum(y[other] == y[row] for other in rows) > 1 for rows in plan for row in rows]
        assert np.mean(paired) > 0.97


def test_tokens_come_back_from_the_matrix_that_holds_them():
    tokens = [[0, 5, 0], [], [7]]
    packed = _packed(tokens)
    assert _unpacked(packed) == tokens
    assert _unpacked(packed[[2, 1, 0]]) == tokens[::-1]


def test_it_is_judged_on_the_first_fold_where_there_is_something_to_compare_it_with(encoder_folder):
    texts, labels = toy("binary")
    task, metric = Task.read((texts, labels)), Metric.default("binary")
    folds = make_folds(task.texts, task.targets, 3, 0)
    given = (CountCache(task.texts), Validation(task.targets, folds, 2, metric, 0))
    chosen = [configuration(encoder_folder, epochs=8, rate=3e-3)]
    whole = cross_validate(chosen, *given)[0]
    assert (whole.status, len(whole.fold_scores), whole.margins.shape) == ("ok", 3, (len(task), 2))
    part = cross_validate(chosen, *given, has_rival=True)[0]
    assert (part.status, len(part.fold_scores)) == ("part", 1)
    np.testing.assert_array_equal(part.margins, whole.margins[folds[0]])
    assert whole.predicted_seconds > part.predicted_seconds > 0
    little = cross_validate(chosen, *given, has_rival=True, seconds=10_000.0)[0]
    assert (little.status, len(little.fold_scores)) == ("ok", 3)
    np.testing.assert_array_equal(little.margins, whole.margins)


def test_a_batch_in_parts_of_like_length_has_the_vectors_of_the_whole(start):
    tokens = start.tokens(["a", "a longer text of more words", "b c", "yes", "what is this about then", "no no", "x"])
    network = start.network()
    whole = start.forward(network, tokens).detach().cpu().numpy()
    for n_parts in (1, 3, 20):
        np.testing.assert_allclose(_forward(start, network, tokens, n_parts).detach().cpu().numpy(), whole, atol=1e-5)


def test_training_that_would_not_end_in_time_is_given_up_at_once(encoder_folder):
    texts, labels = toy("binary")
    task = Task.read((texts * 10, labels * 10))
    folds = make_folds(task.texts, task.targets, 3, 0)
    with pytest.raises(TooSlowError) as caught:
        cross_validate([configuration(encoder_folder, epochs=50)], CountCache(task.texts),
                       Validation(task.targets, folds, 2, Metric.default("binary"), 0), seconds=0.5)
    assert caught.value.seconds > 0.2


def test_a_search_trains_what_is_given(encoder_folder):
    found = optimize_pipeline(toy("korean"), encoders=encoder_folder, workers=1, budget=Budget(seconds=None, trials=9))
    own = [entry for entry in found.report.evaluations if entry.configuration["features"] == "fine_tuned"]
    assert {entry.status for entry in own} == {"ok"}
    parts = any(entry.status == "ok" and len(entry.fold_scores) == 1 for entry in own)
    said = "candidates that take long to train were judged on the first fold"
    assert parts == any(said in note for note in found.report.notes)
    assert own
    assert all(entry.predicted_seconds for entry in own)
    assert any(note.startswith(f"With {encoder_folder!r}") for note in found.report.notes)


@pytest.mark.parametrize("name", ["korean", "multilabel"])
def test_a_saved_pipeline_carries_what_was_trained(name, encoder_folder, tmp_path):
    texts, labels = toy(name)
    pipeline = TextPipeline(configuration(encoder_folder, epochs=2)).fit(texts, labels)
    pipeline.save(tmp_path / "saved")
    again = load_pipeline(tmp_path / "saved")
    np.testing.assert_allclose(again.predict_proba(texts), pipeline.predict_proba(texts), atol=1e-6)
    assert again("새로운 문장을 입력하세요.")[0]["label"] in again.classes_


def test_parameters_that_make_no_sense_are_refused():
    domains = component("features", "fine_tuned").parameters
    assert 0 not in domains["epochs"]
    assert "some" not in domains["layers"]
