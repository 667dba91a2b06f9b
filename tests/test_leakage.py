import itertools
from functools import cache

import numpy as np
import pytest

from autotext.components import FitContext, component, pretrained_feature, registry
from autotext.cross_validation.count_cache import CountCache
from autotext.cross_validation.cross_validate import cross_validate, fit_chain
from autotext.pipeline import Chain, Decision, cross_fitted, learn_decision
from autotext.scoring.metrics import Metric
from autotext.scoring.validation import Validation
from autotext.space import Configuration
from autotext.task import Task, make_folds

N_ROWS, N_FOLDS = 240, 4
SYLLABLES = "가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허"


GIVEN = {}


@pytest.fixture(scope="module", autouse=True)
def _given_models(static_folder, encoder_folder, source_folder):
    GIVEN.update(static_embedding=static_folder, encoder=encoder_folder, fine_tuned=encoder_folder, transferred=source_folder)
    with pytest.MonkeyPatch.context() as patch:
        # In half precision a text's vector depends a little on what stands beside it.
        for module in ("transformer", "features._fine_tuning"):
            patch.setattr(f"autotext.components.{module}.half_precision", lambda: None)
        pretrained_feature._once.cache_clear()
        yield
    pretrained_feature._once.cache_clear()


def shipped(stage):
    return sorted(name for name, cls in registry()[stage].items() if cls.__module__.startswith("autotext."))


def usable(name):
    assert not registry()["tokenizer"][name].missing_dependency()
    return name


def random_words(seed=0, n_rows=N_ROWS):
    """Texts of words that say nothing, half Latin and half Hangul."""
    rng = np.random.default_rng(seed)
    latin = ["".join(rng.choice(list("abcdefghijklmnoprstuvw"), 5)) for _ in range(500)]
    hangul = ["".join(rng.choice(list(SYLLABLES), 2)) for _ in range(500)]
    return [" ".join(rng.permutation([*rng.choice(latin, 8), *rng.choice(hangul, 8)])) for _ in range(n_rows)]


def random_labels(seed=0, n_rows=N_ROWS):
    return np.random.default_rng(seed + 1000).permutation(np.arange(n_rows) % 2)


@cache
def prepared():
    return CountCache(random_words())


def configuration(features, tokenizer="words", model="logistic", **more):
    blocks = features.split("+")
    needs = any(component("features", block).consumes == "tokens" for block in blocks)
    chosen = {f"features.{block}.model": GIVEN[block] for block in blocks if block in GIVEN}
    chosen |= {"tokenizer": tokenizer} if needs else {}
    if needs and tokenizer == "subwords":
        chosen["tokenizer.subwords.size"] = 600
    return Configuration({"features": features, "model": model, **chosen, **more})


def judged(chosen, targets=None, metric="accuracy", seed=0):
    targets = random_labels() if targets is None else targets
    folds = make_folds(prepared().texts, targets, N_FOLDS, seed)
    return cross_validate([chosen], prepared(), Validation(targets, folds, 2, Metric(metric, "binary"), seed))[0], folds


FEATURES = [*shipped("features"), "nb_ratio+char_tfidf"]


@pytest.mark.parametrize("features", FEATURES)
def test_random_labels_score_at_chance_for_every_feature(features):
    scores = [judged(configuration(features), random_labels(seed))[0].score for seed in range(3)]
    assert 0.38 < np.mean(scores) < 0.62, scores


@pytest.mark.parametrize("tokenizer", shipped("tokenizer"))
def test_random_labels_score_at_chance_for_every_tokenizer(tokenizer):
    for features in ("nb_ratio", "word_tfidf"):
        score = judged(configuration(features, usable(tokenizer)))[0].score
        assert 0.35 < score < 0.65


@pytest.mark.parametrize("model", shipped("model"))
def test_random_labels_score_at_chance_for_every_model(model):
    assert 0.35 < judged(configuration("nb_ratio", model=model))[0].score < 0.65


def test_these_tasks_would_show_a_leak():
    """Weights learned from the labels of all rows look far better than chance."""
    targets = random_labels()
    chain = Chain(configuration("nb_ratio", **{"features.nb_ratio.ngrams": "1-1"}))
    counts, *_ = prepared().counts(chain)
    feature = chain.features[0].fit(counts[0], targets)
    matrix = feature.transform(counts[0]).toarray()
    matrix = matrix * (np.array([targets @ (column > 0) / max((column > 0).sum(), 1) for column in matrix.T]) - 0.5)
    hits = 0
    for fold in make_folds(prepared().texts, targets, N_FOLDS, 0):
        train = np.setdiff1d(np.arange(N_ROWS), fold)
        model = component("model", "logistic")().fit(matrix[train], targets[train], 2)
        hits += (model.decision_function(matrix[fold]).argmax(axis=1) == targets[fold]).sum()
    assert hits / N_ROWS > 0.8


@pytest.mark.parametrize(("metric", "chance", "margin"), [("f1_macro", 0.5, 0.1), ("matthews_corrcoef", 0.0, 0.12),
                                                          ("balanced_accuracy", 0.5, 0.08)])
def test_a_cutoff_does_not_see_the_rows_it_decides(metric, chance, margin):
    scores = [judged(configuration("word_hashing"), random_labels(seed), metric, seed)[0].score for seed in range(4)]
    assert abs(np.mean(scores) - chance) < margin, scores


@pytest.mark.parametrize("metric", ["matthews_corrcoef", "balanced_accuracy"])
def test_cross_fitted_cutoffs_find_nothing_in_noise(metric):
    rng, measure = np.random.default_rng(0), Metric(metric, "binary")
    chance = 0.0 if metric == "matthews_corrcoef" else 0.5
    cross_fitted_scores, flattering = [], []
    for _ in range(150):
        margins, targets = rng.normal(size=(60, 2)), rng.permutation(np.arange(60) % 2)
        folds = np.array_split(rng.permutation(60), 4)
        predictions, probabilities = cross_fitted(margins, targets, measure, folds)
        cross_fitted_scores.append(measure.score(targets, predictions, probabilities) - chance)
        seen = learn_decision(margins, targets, measure).predictions(margins)
        flattering.append(measure.score(targets, seen, probabilities) - chance)
    assert abs(np.mean(cross_fitted_scores)) < 0.05
    assert np.mean(flattering) > 0.05


@pytest.mark.parametrize(("kind", "metric"), [("binary", "f1"), ("binary", "neg_log_loss"),
                                              ("binary", "matthews_corrcoef"), ("multiclass", "neg_log_loss"),
                                              ("multilabel", "f1_micro"), ("multilabel", "f1_macro")])
def test_what_decides_a_fold_does_not_depend_on_its_labels(kind, metric):
    rng = np.random.default_rng(0)
    n_classes = {"binary": 2, "multiclass": 4, "multilabel": 3}[kind]
    margins = rng.normal(size=(90, n_classes))
    shape = (90, 3) if kind == "multilabel" else 90
    targets = rng.integers(0, 2 if kind == "multilabel" else n_classes, shape)
    margins += targets if kind == "multilabel" else np.eye(n_classes)[targets]
    folds = np.array_split(rng.permutation(90), 3)
    before = cross_fitted(margins, targets, Metric(metric, kind), folds)
    for fold, other in zip(folds, folds[1:] + folds[:1], strict=True):
        changed = targets.copy()
        changed[fold] = 1 - changed[fold] if kind != "multiclass" else (changed[fold] + 1) % n_classes
        after = cross_fitted(margins, changed, Metric(metric, kind), folds)
        assert (after[0][fold] == before[0][fold]).all()
        assert (after[1][fold] == before[1][fold]).all()
        if metric == "neg_log_loss":
            assert not np.allclose(after[1][other], before[1][other])


def test_a_decision_is_learned_where_no_metric_needs_a_cutoff():
    margins, targets = np.random.default_rng(0).normal(size=(50, 2)), np.arange(50) % 2
    assert learn_decision(margins, targets, Metric("accuracy", "binary")).threshold == 0.0
    assert isinstance(learn_decision(margins, targets, Metric("f1", "binary")), Decision)


PAIRS = [(features, tokenizer) for features, tokenizer in itertools.product(FEATURES, shipped("tokenizer"))
         if tokenizer == "words" or component("features", features.split("+")[0]).consumes == "tokens"]


@pytest.mark.parametrize(("features", "tokenizer"), PAIRS)
def test_shared_counts_equal_a_refit_of_everything_in_each_fold(features, tokenizer):
    normalizers = {"normalizer.casing.use": True, "normalizer.unicode.form": "NFKC"}
    chosen = configuration(features, usable(tokenizer), **normalizers)
    texts, targets = prepared().texts, random_labels()
    outcome, folds = judged(chosen)
    for fold in folds:
        train = np.setdiff1d(np.arange(N_ROWS), fold)
        chain = Chain(chosen)
        normalized = chain.normalize([texts[row] for row in train])
        if chain.tokenizer is not None:
            chain.tokenizer.fit(normalized)
        counts = chain.counts([texts[row] for row in train], normalized)
        chain.fit_counts(counts, targets[train], 2, 0, along_regularization_path=True,
                         context=FitContext(epoch_multiplier=N_ROWS / len(train)))
        assert np.allclose(outcome.margins[fold], chain.margins([texts[row] for row in fold]), atol=1e-4)


def cuts(features, key, value):
    return {f"features.{block}.{key}": value for block in features.split("+")
            if key in component("features", block).parameters}


@pytest.mark.parametrize(("features", "key", "value"),
                         [(features, key, value) for features in FEATURES
                          for key, value in (("min_df", 3), ("max_features", 200)) if cuts(features, key, value)])
def test_a_cut_is_made_inside_the_fold(features, key, value):
    more = cuts(features, key, value)
    chosen = configuration(features, **more)
    texts, targets = prepared().texts, random_labels()
    outcome, folds = judged(chosen)
    train = np.setdiff1d(np.arange(N_ROWS), folds[0])
    chain = Chain(chosen)
    rows = [texts[row] for row in train]
    chain.fit_counts(chain.counts(rows, chain.normalize(rows)), targets[train], 2, 0, along_regularization_path=True)
    assert np.allclose(outcome.margins[folds[0]], chain.margins([texts[row] for row in folds[0]]), atol=1e-4)


def test_the_result_does_not_depend_on_what_was_judged_before():
    targets = random_labels()
    folds = make_folds(prepared().texts, targets, N_FOLDS, 0)
    validation = Validation(targets, folds, 2, Metric("accuracy", "binary"), 0)
    for features in FEATURES:
        fresh = cross_validate([configuration(features)], CountCache(prepared().texts), validation)[0]
        crowded = CountCache(prepared().texts, limit_mib=0.01)
        for other in FEATURES:
            Chain(configuration(other)).fit_counts(crowded.counts(Chain(configuration(other)))[0], targets, 2)
        again = cross_validate([configuration(features)], crowded, validation)[0]
        assert (fresh.margins == again.margins).all()
        assert (fresh.margins == judged(configuration(features))[0].margins).all()


def test_labels_outside_the_training_rows_change_no_margin():
    targets = random_labels()
    folds = make_folds(prepared().texts, targets, N_FOLDS, 0)
    flipped = targets.copy()
    flipped[folds[0]] = 1 - flipped[folds[0]]
    metric = Metric("accuracy", "binary")
    for features in FEATURES:
        outcomes = [cross_validate([configuration(features)], prepared(), Validation(labels, folds, 2, metric, 0))[0]
                    for labels in (targets, flipped)]
        assert (outcomes[0].margins[folds[0]] == outcomes[1].margins[folds[0]]).all()
        assert not np.allclose(outcomes[0].margins[folds[-1]], outcomes[1].margins[folds[-1]])


def test_copies_of_a_text_never_straddle_a_cut():
    texts = random_words(n_rows=60) * 3
    folds = make_folds(texts, random_labels(n_rows=180), 5, 0)
    inside = [{texts[row] for row in fold} for fold in folds]
    assert sum(map(len, inside)) == len(set(texts)) == 60
    assert np.array_equal(np.sort(np.concatenate(folds)), np.arange(180))


@pytest.mark.parametrize("features", FEATURES)
def test_a_refit_equals_a_fit_from_texts(features):
    targets, chosen = random_labels(), configuration(features)
    refitted = fit_chain(chosen, prepared(), targets, 2, 0)
    fitted = Chain(chosen)
    normalized = fitted.normalize(prepared().texts)
    if fitted.tokenizer is not None:
        fitted.tokenizer.fit(normalized)
    fitted.fit_counts(fitted.counts(prepared().texts, normalized), targets, 2, 0, along_regularization_path=True)
    others = [*random_words(seed=5, n_rows=20), "", "  ", "가나 abcde"]
    assert np.allclose(refitted.margins(others), fitted.margins(others), atol=1e-5)


def test_test_rows_are_kept_apart():
    task = Task.read((["a b", "c d"] * 10, ["x", "y"] * 10), test=(["e f", "g h"], ["x", "y"]))
    assert not set(task.texts) & set(task.test.texts)
    assert len(task) == 20
