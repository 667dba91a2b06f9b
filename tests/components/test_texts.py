import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autotext import ComponentError
from autotext.components import component, registry
from autotext.components.tokenizers.words import Words

QUICK = settings(deadline=None, database=None, max_examples=60)


def normalized(name, text, **parameters):
    return component("normalizer", name)(**parameters).transform([text])[0]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("यह बहुत अच्छा है।", ["यह", "बहुत", "अच्छा", "है"]),
        ("হিন্দি আমি", ["হিন্দি", "আমি"]),
        ("อาหาร", ["อ", "า", "ห", "า", "ร"]),
        ("한국어 문장, 둘", ["한국어", "문장", "둘"]),
        ("中文abc字", ["中", "文", "abc", "字"]),
        ("これはテスト", list("これはテスト")),
        ("don't stop", ["don", "t", "stop"]),
        ("e\u0301te\u0301 fin", ["e\u0301te\u0301", "fin"]),
        ("x_1 3.5", ["x_1", "3", "5"]),
        ("😀 !", []),
        ("مرحبا بالعالم", ["مرحبا", "بالعالم"]),
        ("", []),
    ],
)
def test_words_of_every_script(text, tokens):
    assert Words().transform([text]) == [tokens]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("good 😀!", ["good", "😀", "!"]), ("中文。", ["中", "文", "。"]), ("좋아요^^", ["좋아요", "^", "^"])],
)
def test_symbols_are_tokens_when_asked(text, tokens):
    assert Words(symbols=True).transform([text]) == [tokens]


def test_short_words_are_left_out_but_not_letters_that_stand_alone():
    assert Words(min_length=2).transform(["a bc def 中文 我 I"]) == [["bc", "def", "中", "文", "我"]]


@given(st.text(max_size=30))
@QUICK
def test_words_with_symbols_lose_only_white_space(text):
    joined = "".join(Words(symbols=True).transform([text])[0])
    assert joined == "".join(character for character in text if not character.isspace())


@given(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("ㄱㅋㅠ가ᄀᆨﾡe\u0301ﬁ"), max_size=30))
@QUICK
def test_unicode_forms_are_reached_in_one_step(text):
    for form in ("NFC", "NFKC"):
        found = normalized("unicode", text, form=form)
        between_letters = [found] if form == "NFC" else re.split("[\u3131-\u318e]", found)  # NFKC leaves single letters alone
        assert all(unicodedata.is_normalized(form, part) for part in between_letters)
        assert normalized("unicode", found, form=form) == found
        assert normalized("unicode", unicodedata.normalize("NFD", text), form=form) == found


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), max_size=20))
@QUICK
def test_jamo_take_hangul_apart_without_loss(text):
    found = normalized("jamo", text)
    assert len(found) in range(2 * len(text), 3 * len(text) + 1)
    assert unicodedata.normalize("NFC", found) == text


def test_jamo_leave_everything_else():
    assert normalized("jamo", "café 中文 ㅋㅋ abc") == "café 中文 ㅋㅋ abc"
    assert normalized("jamo", "갔다")[:2] == normalized("jamo", "가요")[:2]


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("casing", "GOOD Straße ЖЗИ", "good straße жзи"),
        ("diacritics", "Crème Brûlée Ọjọ́ ё", "Creme Brulee Ojo е"),
        ("diacritics", "हिन्दी 한국", "हिन्दी 한국"),
        ("markup", "<p>Tom &amp; Jerry</p><script>var x</script>!", " Tom & Jerry !"),
        ("markup", "a<!-- x -->b<STYLE>c</style >d<script>e", "a b d e"),
        ("markup", "<!-- never closed <b>x</b>", "<!-- never closed x "),
        ("markup", "a < b > c & d", "a < b > c & d"),
        ("entities", "@ann a.b@c.de https://x.y www.z.de", "xxuser xxmail xxurl xxurl"),
        ("entities", "no 😀here", "no  😀 here"),
    ],
)
def test_normalizers(name, text, found):
    assert normalized(name, text) == found


def test_numbers_are_replaced_when_asked():
    assert normalized("entities", "12:30 or 1,000.50", numbers=True) == "xxnum or xxnum"
    assert normalized("entities", "12:30") == "12:30"


@pytest.mark.parametrize(
    "text",
    [
        "<script" * 8000,
        "<!--" * 8000,
        "<" * 50_000,
        "&" * 50_000,
        "a." * 25_000,
        "@" * 50_000,
        "1." * 25_000,
        "www." * 12_000,
        "<style>" * 7000,
    ],
)
def test_long_runs_of_openings_are_survived(text):
    assert isinstance(normalized("markup", text), str)
    assert isinstance(normalized("entities", text, numbers=True), str)


def test_kiwi_parts_stems_from_endings():
    tokens = component("tokenizer", "kiwi")().transform(["나는 밥을 먹었다"])[0]
    assert "먹" in tokens
    assert "을" in tokens
    assert "먹/VV" in component("tokenizer", "kiwi")(tags=True).transform(["나는 밥을 먹었다"])[0]


def test_spacy_lemmas_come_from_tables():
    assert component("tokenizer", "spacy")(language="en", lemma=True).transform(["mice were running"]) == [
        ["mouse", "be", "run"]
    ]
    with pytest.raises(ComponentError, match="no lemma table for the language 'xx'"):
        component("tokenizer", "spacy")(lemma=True).transform(["a"])


@pytest.mark.parametrize("language", ["en", "de", "ko", "ja", "th", "vi", "zh", "ha", "am", "xx", "no such"])
def test_spacy_reads_any_language(language):
    assert component("tokenizer", "spacy")(language=language).transform(["Good day, 한국어 พูด 中文"])[0]


def test_subwords_are_learned_from_training_texts():
    texts = ["lower lowest newer newest"] * 20
    for algorithm in ("bpe", "unigram"):
        pieces = component("tokenizer", "subwords")(algorithm=algorithm, size=100).fit(texts)
        found = pieces.transform(["lower newest"])[0]
        assert "".join(found) == "▁lower▁newest"
        assert pieces.learns


def test_unknown_components_are_refused_with_the_nearest_name():
    with pytest.raises(ComponentError, match="Did you mean 'linear_svm'"):
        component("model", "linear_svn")
    lost = type("Lost", (registry()["tokenizer"]["kiwi"],), {"requires": "no_such_module_at_all"})
    assert lost.missing_dependency() == 'no_such_module_at_all is not installed: pip install "autotext[korean]"'
