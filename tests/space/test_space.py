import dataclasses

import numpy as np
import pytest

from autotext import Configuration, SearchSpace, SpaceError
from autotext.components import registry
from autotext.pipeline import Chain

TEXT = """version: 1
stages:
  normalizer: {chain: {unicode: {form: [NFC, NFKC]}, casing: {use: [true, false]}, jamo: {use: [false, true]}}}
  tokenizer: {one_of: {words: {min_length: {int: [1, 3]}}, spacy: {language: {task: language}}}}
  features:
    one_of: [[word_tfidf], [char_tfidf], [word_tfidf, char_tfidf]]
    word_tfidf: {ngrams: ["1-1", "1-2"], weight: {float: [0.5, 2.0]}}
    char_tfidf: {span: "2-4", min_df: {int: [1, 4]}, weight: {float: [0.3, 3.0], log: true}}
  model: {one_of: {linear_svm: {C: {float: [0.01, 10.0], log: true}}, complement_nb: {alpha: 1.0}}}
"""
WORDS = {
    "normalizer.unicode.form": "NFC",
    "normalizer.casing.use": True,
    "normalizer.jamo.use": False,
    "features": "word_tfidf",
    "features.word_tfidf.ngrams": "1-1",
    "tokenizer": "words",
    "tokenizer.words.min_length": 2,
    "model": "linear_svm",
    "model.linear_svm.C": 1.0,
}


def read(tmp_path, text=TEXT):
    path = tmp_path / "mine.yaml"
    path.write_text(text, "utf-8")
    return SearchSpace.read(path)


@pytest.fixture
def space(tmp_path):
    return read(tmp_path).check(registry())[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "linear_svm: {C",
            "linear_svn: {C",
            r"stages\.model\.one_of\.linear_svn: unknown model component.*Did you mean 'linear_svm'",
        ),
        ("min_length", "min_lenght", r"tokenizer\.one_of\.words\.min_lenght.*Did you mean 'min_length'"),
        (
            "min_length: {int: [1, 3]}",
            "min_length: {int: [1, 99]}",
            r"words\.min_length: must lie within a whole number from 1 to 5",
        ),
        ("[NFC, NFKC]", "[NFC, NFX]", r"normalizer\.chain\.unicode\.form: "),
        ("C: {float: [0.01, 10.0]", "C: {float: [0.0000000001, 10.0]", r"linear_svm\.C: "),
        ("use: [true, false]", "use: [true, maybe]", r"casing\.use: "),
        ("weight: {float: [0.5, 2.0]}", "weight: {float: [0.5, 2000.0]}", r"stages\.features\.word_tfidf\.weight: "),
        (
            "[[word_tfidf], [char_tfidf], [word_tfidf, char_tfidf]]\n"
            '    word_tfidf: {ngrams: ["1-1", "1-2"], weight: {float: [0.5, 2.0]}}',
            "[[char_tfidf]]",
            r"stages\.tokenizer: no feature component uses tokens",
        ),
        (
            "  tokenizer: {one_of: {words: {min_length: {int: [1, 3]}}, spacy: {language: {task: language}}}}\n",
            "",
            r"stages\.tokenizer is missing: word_tfidf needs tokens",
        ),
    ],
)
def test_check_names_what_is_wrong_and_the_nearest_name(tmp_path, old, new, message):
    assert old in TEXT
    with pytest.raises(SpaceError, match=message):
        read(tmp_path, TEXT.replace(old, new)).check(registry())


def with_signed(**changes):
    signed = type("Signed", (registry()["features"]["char_tfidf"],), {"produces": "matrix", **changes})
    return {**registry(), "features": {**registry()["features"], "char_tfidf": signed}}


def test_a_model_that_nothing_can_feed_is_refused(tmp_path):
    text = TEXT.replace(
        "[[word_tfidf], [char_tfidf], [word_tfidf, char_tfidf]]", "[[char_tfidf], [word_tfidf, char_tfidf]]"
    )
    with pytest.raises(SpaceError, match=r"stages\.model\.one_of\.complement_nb: needs numbers of at least 0"):
        read(tmp_path, text).check(with_signed())


def test_parts_that_do_not_fit_are_never_drawn(tmp_path):
    space, _ = read(tmp_path).check(with_signed())
    rng = np.random.default_rng(0)
    drawn = [space.sample(rng) for _ in range(100)]
    assert {found.blocks for found in drawn if found["model"] == "complement_nb"} == {("word_tfidf",)}
    found, changes = space.project(
        {
            "normalizer.unicode.form": "NFC",
            "normalizer.casing.use": True,
            "normalizer.jamo.use": False,
            "features": "char_tfidf",
            "features.char_tfidf.span": "2-4",
            "features.char_tfidf.min_df": 1,
            "model": "complement_nb",
            "model.complement_nb.alpha": 1.0,
        }
    )
    assert found is None
    assert "complement_nb needs numbers of at least 0, which char_tfidf does not give" in changes[-1]


def test_rare_scripts_and_missing_packages_are_removed_with_a_reason(tmp_path):
    lost = type("Lost", (registry()["tokenizer"]["spacy"],), {"requires": "no_such_module_at_all", "extra": "lemmas"})
    known = {**registry(), "tokenizer": {**registry()["tokenizer"], "spacy": lost}}
    space, removed = read(tmp_path).check(known, {"LATIN": 1.0}, "en")
    assert set(space.normalizer) == {"unicode", "casing"}
    assert set(space.tokenizer) == {"words"}
    assert any(line == "normalizer.jamo: made for letters that are rare here (HANGUL)" for line in removed)
    assert any('pip install "autotext[lemmas]"' in line for line in removed)
    korean, removed = read(tmp_path).check(registry(), {"HANGUL": 0.97, "LATIN": 0.03}, "ko")
    assert set(korean.normalizer) == {"unicode", "jamo"}
    assert korean.tokenizer["spacy"]["language"].values == ("ko",)


def test_features_without_a_tokenizer_go_too(tmp_path):
    lost = {
        name: type("Lost", (registry()["tokenizer"][name],), {"requires": "no_such_module_at_all"})
        for name in ("words", "spacy")
    }
    space, _ = read(tmp_path).check({**registry(), "tokenizer": lost})
    assert space.sets == (("char_tfidf",),)
    models = {
        name: type("Lost", (cls,), {"requires": "no_such_module_at_all"}) for name, cls in registry()["model"].items()
    }
    with pytest.raises(SpaceError, match="Nothing is left"):
        read(tmp_path).check({**registry(), "model": models})


def test_an_unchecked_space_cannot_be_walked(tmp_path):
    with pytest.raises(SpaceError, match="must be checked"):
        read(tmp_path).default()


def test_project_leaves_what_is_legal(space):
    assert space.project(WORDS) == (Configuration(WORDS), [])


def test_project_translates_former_names_and_meanings(tmp_path):
    svm = registry()["model"]["linear_svm"]
    newer = type(
        "Newer",
        (svm,),
        {"aliases": {"cost": "C"}, "legacy": {"balanced": False}, "__init__": lambda self, C=1.0, balanced=False: None},
    )
    text = TEXT.replace("log: true}}, complement", "log: true}, balanced: [true, false]}, complement")
    space, _ = read(tmp_path, text).check({**registry(), "model": {**registry()["model"], "linear_svm": newer}})
    old = {
        **{name: value for name, value in WORDS.items() if name != "model.linear_svm.C"},
        "model.linear_svm.cost": 3.0,
    }
    found, changes = space.project(old)
    assert found == Configuration({**WORDS, "model.linear_svm.C": 3.0, "model.linear_svm.balanced": False})
    assert changes == ["model.linear_svm.cost is now called C", "model.linear_svm.balanced was absent"]


def test_an_absent_key_takes_the_only_meaning_or_none(space):
    less = {name: value for name, value in WORDS.items() if name != "normalizer.jamo.use"}
    found, changes = space.project(less)
    assert found == Configuration(WORDS)
    assert changes == ["normalizer.jamo.use was absent"]
    found, changes = space.project({name: value for name, value in WORDS.items() if name != "model.linear_svm.C"})
    assert found is None
    assert changes[-1] == "model.linear_svm.C is missing"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model.linear_svm.C", 10.5),
        ("model.linear_svm.C", 0.001),
        ("model.linear_svm.C", "1.0"),
        ("model.linear_svm.C", True),
        ("tokenizer.words.min_length", 4),
        ("tokenizer.words.min_length", 2.0),
        ("tokenizer.words.min_length", True),
        ("normalizer.casing.use", 1),
        ("model", "ridge"),
        ("features", "nb_ratio"),
        ("features", "char_tfidf+word_tfidf"),
        ("normalizer.unicode.form", "NFD"),
    ],
)
def test_what_is_out_of_range_is_rejected_never_clipped(space, name, value):
    found, changes = space.project({**WORDS, name: value})
    assert found is None
    assert changes[-1].startswith(f"{name} is {value!r}, here ")


def test_a_whole_number_serves_as_a_float(space):
    assert space.project({**WORDS, "model.linear_svm.C": 1}) == (Configuration(WORDS), [])


@pytest.mark.parametrize(
    "extra",
    [
        {"model.linear_svm.more": 1},
        {"features.char_tfidf.min_df": 2},
        {"features.word_tfidf.weight": 1.0},
        {"normalizer.markup.use": True},
        {"weather": "fine"},
    ],
)
def test_what_has_no_place_is_rejected(space, extra):
    found, changes = space.project({**WORDS, **extra})
    assert found is None
    assert changes[-1] == f"{next(iter(extra))} has no place here"


def test_a_normalizer_without_effect_is_dropped(tmp_path):
    latin, _ = read(tmp_path).check(registry(), {"LATIN": 1.0})
    found, changes = latin.project({**WORDS, "normalizer.jamo.use": True})
    assert found == Configuration({name: value for name, value in WORDS.items() if "jamo" not in name})
    assert changes == ["normalizer.jamo.use has no effect on these scripts"]


def test_project_leaves_the_values_given_alone(space):
    given = dict(WORDS)
    space.project(given)
    assert given == WORDS


def test_a_key_is_present_if_and_only_if_it_changes_the_pipeline(space):
    rng = np.random.default_rng(0)
    for _ in range(200):
        found = space.sample(rng)
        chain = Chain(found)
        assert ("tokenizer" in found) == any(feature.consumes == "tokens" for feature in chain.features)
        assert (
            [name for name in found if name.startswith("tokenizer.")]
            == sorted(f"tokenizer.{chain.tokenizer.name}.{key}" for key in space.tokenizer[chain.tokenizer.name])
            if chain.tokenizer
            else True
        )
        assert {name.split(".")[1] for name in found if name.startswith("features.")} == set(found.blocks)
        assert {name.split(".")[1] for name in found if name.startswith("model.")} == {found["model"]}
        first, *others = found.blocks
        assert f"features.{first}.weight" not in found
        assert all(f"features.{block}.weight" in found for block in others)


def test_reduced_configurations_have_fewer_features_and_are_alike_otherwise(space):
    rng = np.random.default_rng(0)
    for drawn in (space.sample(rng) for _ in range(100)):
        reduced = space.reduced(drawn)
        assert {values.blocks for values in reduced} == {names for names in space.sets if set(names) < set(drawn.blocks)}
        assert sorted(reduced, key=lambda values: -len(values.blocks)) == reduced
        for values in reduced:
            assert space.project(values) == (values, [])
            assert all(drawn[name] == value for name, value in values.items() if name in drawn and name != "features")


def test_what_a_model_cannot_use_is_not_among_the_reduced(tmp_path):
    space, _ = read(tmp_path).check(with_signed())
    assert all(not space.incompatibility(values) for values in space.reduced(
        Configuration({**space.default(), "features": "word_tfidf+char_tfidf", "model": "complement_nb"})))


def test_switched_off_normalizers_have_no_parameters(tmp_path):
    text = TEXT.replace("{form: [NFC, NFKC]}", "{use: [true, false], form: [NFC, NFKC]}")
    space, _ = read(tmp_path, text).check(registry())
    rng = np.random.default_rng(0)
    drawn = [space.sample(rng) for _ in range(50)]
    assert all(("normalizer.unicode.form" in found) == found["normalizer.unicode.use"] for found in drawn)
    assert len({found["normalizer.unicode.use"] for found in drawn}) == 2


def test_spaces_are_frozen(space):
    with pytest.raises(dataclasses.FrozenInstanceError):
        space.name = "other"
