"""Features counted once and cut by fold equal scikit-learn refitted on the training rows."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from autotext.components import component
from autotext.components.tokenizers.words import Words

ENGLISH = [
    "the film was good",
    "a bad film and a bad evening",
    "good good day",
    "what a film",
    "the day was bad",
    "evening film",
    "a day",
    "so good a film, the film of the day",
    "the evening",
    "bad",
]
KOREAN = [
    "영화가 정말 좋았다",
    "영화는 별로였다",
    "정말 좋은 영화",
    "배우가 좋았다",
    "별로 재미없는 영화",
    "정말 정말 좋았다",
    "배우는 별로",
    "재미있는 배우",
]
HINDI = [
    "यह फिल्म बहुत अच्छी है",
    "फिल्म अच्छी नहीं है",
    "बहुत खराब फिल्म",
    "यह बहुत अच्छा है",
    "खराब कहानी",
    "कहानी अच्छी है",
    "यह कहानी",
    "बहुत बहुत",
]
THAI = ["อาหารอร่อยมาก", "บริการดีมาก", "อาหารไม่อร่อย", "บริการไม่ดี", "ร้านนี้ดี อาหารดี", "ไม่ชอบเลย", "อร่อยดี", "ดีมาก ดีมาก"]
CORPORA = {
    "english": ENGLISH,
    "korean": KOREAN,
    "hindi": HINDI,
    "thai": THAI,
    "mixed": ENGLISH[:4] + KOREAN[:4] + HINDI[:4] + ["", "😀 a\0b", "　"],
}


def by_fold(feature, documents, train, test, wider):
    counts = (component("features", feature.name)(**{feature.range_parameter: wider}) if wider else feature).count(documents)
    feature.fit(counts.rows(train), np.arange(len(train)) % 2)
    return feature.transform(counts.rows(train)), feature.transform(counts.rows(test))


def assert_equal(feature, documents, vectorizer, wider):
    rows = np.arange(len(documents))
    train, test = rows[rows % 3 > 0], rows[rows % 3 == 0]
    ours = by_fold(feature, documents, train, test, wider)
    theirs = (
        vectorizer.fit_transform([documents[row] for row in train]),
        vectorizer.transform([documents[row] for row in test]),
    )
    names = list(vectorizer.get_feature_names_out())
    own = feature.names()
    assert sorted(own) == sorted(names)
    order = [own.index(name) for name in names]
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine.toarray()[:, order], other.toarray(), rtol=1e-12, atol=1e-12)
    new = feature.transform(feature.count([documents[row] for row in test]))
    np.testing.assert_allclose(new.toarray()[:, order], theirs[1].toarray(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("corpus", list(CORPORA))
@pytest.mark.parametrize("wider", ["", "1-5"])
@pytest.mark.parametrize(("span", "min_df", "sublinear"), [("2-4", 1, True), ("1-3", 2, False), ("3-3", 1, False)])
def test_char_tfidf_equals_scikit_learn(corpus, wider, span, min_df, sublinear):
    low, high = map(int, span.split("-"))
    assert_equal(
        component("features", "char_tfidf")(span=span, min_df=min_df, sublinear=sublinear),
        CORPORA[corpus],
        TfidfVectorizer(
            analyzer="char_wb", ngram_range=(low, high), min_df=min_df, sublinear_tf=sublinear, lowercase=False
        ),
        wider,
    )


@pytest.mark.parametrize("corpus", list(CORPORA))
@pytest.mark.parametrize("wider", ["", "1-4"])
@pytest.mark.parametrize(("ngrams", "min_df", "sublinear"), [("1-1", 1, True), ("1-2", 2, False), ("2-3", 1, True)])
def test_word_tfidf_equals_scikit_learn(corpus, wider, ngrams, min_df, sublinear):
    low, high = map(int, ngrams.split("-"))
    tokens = Words().transform(CORPORA[corpus])

    def analyzer(document):
        return [
            " ".join(document[start : start + size])
            for size in range(low, high + 1)
            for start in range(len(document) - size + 1)
        ]

    assert_equal(
        component("features", "word_tfidf")(ngrams=ngrams, min_df=min_df, sublinear=sublinear),
        tokens,
        TfidfVectorizer(analyzer=analyzer, min_df=min_df, sublinear_tf=sublinear),
        wider,
    )


def test_most_frequent_features_equal_scikit_learn_where_no_tie_meets_the_cut():
    documents = [" ".join(letter for number, letter in enumerate("abcdefghij") for _ in range(number + 1))] * 2 + [
        "a j",
        "i j",
    ]
    vectorizer = TfidfVectorizer(analyzer=str.split, max_features=4)
    expected = vectorizer.fit_transform(documents).toarray()
    feature = component("features", "word_tfidf")(max_features=4, sublinear=False)
    counts = feature.count([document.split() for document in documents])
    found = feature.fit(counts, np.arange(4) % 2).transform(counts).toarray()
    assert feature.names() == list(vectorizer.get_feature_names_out())
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_ties_at_the_cut_go_to_the_shorter_then_by_code_point():
    feature = component("features", "word_tfidf")(ngrams="1-2", max_features=2)
    counts = feature.count([["b", "a"], ["b", "a"]])
    assert feature.fit(counts, np.array([0, 1])).names() == ["a", "b"]


def test_a_document_frequency_that_nothing_reaches_is_not_asked():
    feature = component("features", "word_tfidf")(min_df=50)
    counts = feature.count([["a", "b"], ["a"]])
    assert feature.fit(counts, np.array([0, 1])).names() == ["a"]


def test_held_out_words_leave_no_trace():
    feature = component("features", "word_tfidf")()
    counts = feature.count([["train", "word"], ["train"], ["secret", "train"]])
    feature.fit(counts.rows(np.array([0, 1])), np.array([0, 1]))
    assert feature.names() == ["train", "word"]
    assert feature.transform(counts).shape == (3, 2)
