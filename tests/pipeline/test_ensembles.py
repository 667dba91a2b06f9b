import numpy as np
import pytest
from conftest import toy
from sklearn.base import clone
from tampering import change_state

from autotext import ArtifactError, TextPipeline, load_pipeline
from autotext.pipeline import average_members, choose_weights

MEMBERS = [{"features": "char_tfidf", "model": "ridge"},
           {"tokenizer": "words", "features": "word_tfidf", "model": "multinomial_nb"}]


def margins_of(probability_of_right, targets):
    """Margins of two classes that give the true one this probability."""
    found = np.zeros((len(targets), 2))
    found[np.arange(len(targets)), targets] = np.log(probability_of_right / (1 - np.asarray(probability_of_right)))
    return found


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_probabilities_are_the_weighted_mean_of_those_of_the_members(kind):
    rng = np.random.default_rng(0)
    margins = [rng.normal(size=(6, 2 if kind == "binary" else 4)) for _ in range(2)]

    def probabilities(found):
        powers = np.exp(found)
        return powers / (1 + powers) if kind == "multilabel" else powers / powers.sum(axis=1, keepdims=True)

    mean = 0.25 * probabilities(margins[0] / 2.0) + 0.75 * probabilities(margins[1] / 0.5)
    np.testing.assert_allclose(probabilities(average_members(margins, [0.25, 0.75], [2.0, 0.5], kind)), mean, rtol=1e-9)


def test_a_candidate_that_knows_what_the_others_do_not_is_taken():
    targets = np.arange(200) % 2
    half = np.arange(200) < 100
    alike = [margins_of(np.where(half, 0.9, 0.4), targets) for _ in range(3)]
    other, useless = margins_of(np.where(half, 0.4, 0.9), targets), margins_of(np.full(200, 0.01), targets)
    shares = choose_weights([*alike, useless, other], targets, [1.0] * 5, "binary")
    assert 4 in {share.member for share in shares}
    assert 3 not in {share.member for share in shares}
    assert sum(share.weight for share in shares) == pytest.approx(1.0)
    assert [share.weight for share in shares] == sorted((share.weight for share in shares), reverse=True)
    assert len(shares) <= 5


def test_each_pick_is_made_beside_those_before_it():
    targets = np.arange(300) % 2
    part = np.arange(300) // 100
    alike = [margins_of(np.where(part == 0, 0.9, 0.3), targets) for _ in range(3)]
    second, third = (margins_of(np.where(part == known, right, 0.3), targets) for known, right in ((1, 0.9), (2, 0.8)))
    # Alone, the second is the best complement every time; once it is in, the third is.
    shares = choose_weights([*alike, second, third], targets, [1.0] * 5, "binary")
    assert {3, 4} <= {share.member for share in shares}


def test_only_the_rows_named_count():
    targets = np.arange(200) % 2
    half = np.arange(200) < 100
    first = [margins_of(np.where(half, 0.95, 0.05), targets) for _ in range(3)]
    second = margins_of(np.where(half, 0.05, 0.95), targets)
    given = ([*first, second], targets, [1.0] * 4, "binary")
    assert {share.member for share in choose_weights(*given, rows=np.flatnonzero(half))} <= {0, 1, 2}
    assert choose_weights(*given, rows=np.flatnonzero(~half))[0].member == 3


@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel", "korean"])
def test_an_ensemble_is_fitted_saved_and_loaded(name, tmp_path):
    texts, labels = toy(name)
    fitted = TextPipeline(MEMBERS, weights=[3, 1]).fit(texts, labels)
    assert fitted.score(texts, labels) > 0.9
    loaded = load_pipeline(fitted.save(tmp_path / "saved"))
    np.testing.assert_array_equal(loaded.predict_proba(texts), fitted.predict_proba(texts))
    assert loaded.weights == [0.75, 0.25]
    assert [dict(member) for member in loaded.members] == [dict(member) for member in fitted.members]
    again = clone(loaded).fit(texts, labels)
    np.testing.assert_allclose(again.predict_proba(texts), fitted.predict_proba(texts))


def test_weights_decide_who_is_heard():
    texts, labels = toy("binary")
    alone = [TextPipeline(member).fit(texts, labels).fitted_.chain.margins(texts) for member in MEMBERS]
    heard = TextPipeline(MEMBERS, weights=[1.0, 1e-9]).fit(texts, labels).fitted_.chain
    expected = average_members(alone, [1.0, 1e-9], heard.temperatures, "binary")
    np.testing.assert_allclose(heard.margins(texts), expected, atol=1e-6)


@pytest.mark.parametrize(("weights", "temperatures"), [([1.0], [1.0, 1.0]), ([0.0, 1.0], [1.0, 1.0]),
                                                       ([0.5, 0.5], [-1.0, 1.0]), ("ab", [1.0, 1.0]), (None, None)])
def test_a_changed_blend_is_refused(weights, temperatures, tmp_path):
    saved = TextPipeline(MEMBERS).fit(*toy("binary")).save(tmp_path / "saved")
    change_state(saved, lambda state, arrays: state["blend"].update(weights=weights, temperatures=temperatures))
    with pytest.raises(ArtifactError, match=r"state\.json"):
        load_pipeline(saved)


def test_a_missing_member_is_refused(tmp_path):
    saved = TextPipeline(MEMBERS).fit(*toy("binary")).save(tmp_path / "saved")
    change_state(saved, lambda state, arrays: state["components"].pop())
    with pytest.raises(ArtifactError, match="do not match"):
        load_pipeline(saved)
