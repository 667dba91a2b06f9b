"""Every language through every tokenizer and normalizer."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autotext import Budget, Task, TaskError, load_pipeline, optimize_pipeline
from autotext.components import component, registry
from autotext.space import SearchSpace
from autotext.task import UNSPACED, combining_marks, guess_language, language_code, script, script_shares

QUICK = settings(deadline=None, database=None, max_examples=80)

SENTENCES = {
    "am": ["ዛሬ ጠዋት ቡና ጠጣሁ", "ልጆቹ በሜዳ ላይ ኳስ ይጫወታሉ", "መጽሐፉ በጣም ጥሩ ነው"],
    "ar": ["شربتُ القهوةَ هذا الصباح", "يلعب الأطفال في الحديقة", "الكتاب جميل جدا"],
    "bn": ["আজ সকালে আমি চা খেয়েছি", "শিশুরা মাঠে খেলছে", "র‍্যাপ গানটি খুব সুন্দর"],
    "de": ["Heute früh trank ich heißen Kaffee", "Die Straße führt über Köln", "Das Buch gefällt mir sehr"],
    "el": ["Σήμερα το πρωί ήπια καφέ", "Τα παιδιά παίζουν στον κήπο"],
    "en": ["This morning I drank coffee", "The children play in 3 gardens", "A naïve but good book"],
    "es": ["Esta mañana bebí café", "Los niños juegan en el jardín", "El pingüino está aquí"],
    "fa": ["امروز صبح چای نوشیدم", "بچه‌ها در باغ بازی می‌کنند", "کتاب‌های خوبی دارم"],
    "fr": ["Ce matin j ai bu du café", "Les élèves jouent où le garçon dort", "Un cœur léger"],
    "ha": ["Yau da safe na sha shayi", "Yara suna wasa a ƙofar gida", "Ɗan ɓarawo ya gudu"],
    "he": ["הבוקר שתיתי קפה", "הַיְלָדִים משחקים בגן"],
    "hi": ["आज सुबह मैंने चाय पी", "बच्चे बाग़ में खेल रहे हैं", "यह किताब बहुत अच्छी है"],
    "id": ["Pagi ini saya minum kopi", "Anak anak bermain di taman"],
    "it": ["Stamattina ho bevuto il caffè", "I bambini giocano perché è estate"],
    "ja": ["今朝コーヒーを飲みました", "子どもたちは公園で遊んでいる"],
    "km": ["ព្រឹកនេះខ្ញុំផឹកកាហ្វេ"],
    "ko": ["오늘 아침에 커피를 마셨다", "아이들이 공원에서 놀고 있어요", "책이 정말 좋네요 ㅋㅋㅠㅠ"],
    "ml": ["ഇന്ന് രാവിലെ ഞാൻ ചായ കുടിച്ചു", "അവന്‍ വന്നു"],
    "my": ["ဒီမနက် ကော်ဖီသောက်တယ်"],
    "pt": ["Esta manhã bebi café", "As crianças não estão no jardim"],
    "ru": ["Сегодня утром я пил чай", "Дети играют в ёлочном саду", "Мой йогурт вкусный"],
    "ta": ["இன்று காலை நான் தேநீர் குடித்தேன்", "குழந்தைகள் விளையாடுகிறார்கள்"],
    "th": ["เช้านี้ฉันดื่มกาแฟ", "เด็กๆ เล่นอยู่ในสวน", "น้ำนี้อร่อยดี"],
    "tr": ["Bu sabah ılık çay içtim", "İstanbul IŞIK dolu bir şehir", "Çocuklar bahçede oynuyor"],
    "vi": ["Sáng nay tôi uống cà phê sữa đá", "Trẻ em đang chơi trong vườn", "Quyển sách này rất hay"],
    "yo": ["Ní àárọ̀ yìí mo mu tíì", "Àwọn ọmọdé ń ṣeré nínú ọgbà", "Ìwé náà dára gan an"],
    "zh": ["今天早上我喝了咖啡", "孩子们在公园里玩耍", "這本書非常好看"],
}
FORMS = ("NFC", "NFD", "NFKC")
SPACED = [language for language, texts in SENTENCES.items() if not UNSPACED & set(script_shares(texts))]


def letters(text):
    return "".join(character for character in text if character.isalnum())


def fitted(name, texts, **parameters):
    return component("tokenizer", name)(**parameters).fit(texts)


def normalized(name, text, **parameters):
    return component("normalizer", name)(**parameters).transform([text])[0]


def tokenizers(language):
    """Tokenizers that a space keeps for a language, with parameters, and what it says about the others."""
    texts = SENTENCES[language]
    space, removed = SearchSpace.read("multilingual").check(registry(), script_shares(texts), language)
    return {
        name: {"language": language} if "language" in domains else {} for name, domains in space.tokenizer.items()
    }, removed


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("language", SENTENCES)
def test_every_tokenizer_works_or_is_refused_by_name(language, form):
    texts = [unicodedata.normalize(form, text) for text in SENTENCES[language]]
    kept, removed = tokenizers(language)
    assert {*kept} | {line.removeprefix("tokenizer.").split(":")[0] for line in removed} >= {*registry()["tokenizer"]}
    assert ("kiwi" in kept) == (language == "ko")
    for name, parameters in kept.items():
        found = fitted(name, texts, **parameters).transform(texts)
        assert all(found), name
        if name != "kiwi":  # Morphemes are dictionary forms, not slices of the text.
            assert [letters("".join(tokens)) for tokens in found] == [letters(text) for text in texts], name


def test_a_tokenizer_that_is_not_installed_is_refused_with_its_extra(monkeypatch):
    monkeypatch.setattr(registry()["tokenizer"]["kiwi"], "requires", "no_such_module_at_all")
    kept, removed = tokenizers("ko")
    assert "kiwi" not in kept
    assert 'tokenizer.kiwi: no_such_module_at_all is not installed: pip install "autotext[korean]"' in removed
    assert any(line.startswith("tokenizer.kiwi: made for letters that are rare here (HANGUL)") for line in tokenizers("hi")[1])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("language", SPACED)
def test_words_of_spaced_languages_are_whole(language, form):
    for text in SENTENCES[language]:
        text = unicodedata.normalize(form, text)
        assert component("tokenizer", "words")().transform([text]) == [text.split()]


@pytest.mark.parametrize("language", SENTENCES)
@pytest.mark.parametrize("symbols", [False, True])
def test_no_word_begins_with_a_mark(language, symbols):
    for form in FORMS:
        for tokens in component("tokenizer", "words")(symbols=symbols).transform(
            [unicodedata.normalize(form, text) for text in SENTENCES[language]]
        ):
            assert not [token for token in tokens if unicodedata.category(token[0])[0] == "M"]


@pytest.mark.parametrize("language", SENTENCES)
def test_spacy_does_not_split_at_marks(language):
    for form in ("NFC", "NFD"):
        texts = [unicodedata.normalize(form, text) for text in SENTENCES[language]]
        for tokens in fitted("spacy", texts, language=language).transform(texts):
            assert not [token for token in tokens if unicodedata.category(token[0])[0] == "M"]


@pytest.mark.parametrize(
    ("text", "tokens", "with_symbols"),
    [
        ("می‌خواهم کتاب‌ ", ["می‌خواهم", "کتاب"], ["می‌خواهم", "کتاب", "\u200c"]),
        ("র‍্যাব ক্‌ষ", ["র‍্যাব", "ক্‌ষ"], ["র‍্যাব", "ক্‌ষ"]),
        ("അവന്‍ വന്നു", ["അവന്‍", "വന്നു"], ["അവന്‍", "വന്നു"]),
        ("❤\ufe0f good", ["good"], ["❤\ufe0f", "good"]),
        ("1\ufe0f\u20e3 a", ["1\ufe0f\u20e3", "a"], ["1\ufe0f\u20e3", "a"]),
        ("葛\U000e0100城", ["葛\U000e0100", "城"], ["葛\U000e0100", "城"]),
        ("\u0301 a", ["a"], ["\u0301", "a"]),
        ("น้ำดี", ["น้", "ำ", "ดี"], ["น้", "ำ", "ดี"]),
        ("ሰላም፡ዓለም።", ["ሰላም", "ዓለም"], ["ሰላም", "፡", "ዓለም", "።"]),
        ("👨\u200d👩 x", ["x"], ["👨", "\u200d", "👩", "x"]),
    ],
)
def test_marks_and_joiners_stay_with_their_letters(text, tokens, with_symbols):
    assert component("tokenizer", "words")().transform([text]) == [tokens]
    assert component("tokenizer", "words")(symbols=True).transform([text]) == [with_symbols]


@pytest.mark.parametrize("word", ["İYİ", "IŞIK", "Iğdır", "İ"])
def test_upper_and_lower_case_of_turkish_meet(word):
    lower = word.replace("İ", "i").replace("I", "ı").lower()
    for form in FORMS:
        assert normalized("casing", unicodedata.normalize(form, word)) == normalized(
            "casing", unicodedata.normalize(form, lower)
        )


def test_casing_of_letters_without_a_partner():
    assert normalized("casing", "ẞ ΟΔΟΣ Ⴀ Ꙗ 한 中") == "ß οδος ⴀ ꙗ 한 中"


@pytest.mark.parametrize(
    "text", ["हिन्दी की", "বাংলা ভাষা", "น้ำที่นี่", "がぎぐ パピプ", "كِتَابٌ أحمد", "ខ្មែរ", "தமிழ்", "ശരി", "한국어", "שָׁלוֹם"]
)
@pytest.mark.parametrize("form", FORMS)
def test_diacritics_leave_scripts_whose_marks_are_letters(text, form):
    text = unicodedata.normalize(form, text)
    found = normalized("diacritics", text)
    assert unicodedata.normalize("NFD", found) == unicodedata.normalize("NFD", text)


def test_single_hangul_letters_do_not_run_together():
    assert normalized("unicode", "ㅋㅋㅠㅠ 가ㄳ ﾡﾢ", form="NFKC") == "ㅋㅋㅠㅠ 가ㄳ ㄱㄲ"
    assert normalized("unicode", "\u1112\u1161\u11ab", form="NFKC") == "한"


def test_kiwi_reads_syllables_that_were_taken_apart():
    kiwi = component("tokenizer", "kiwi")()
    assert kiwi.transform([normalized("jamo", "나는 밥을 먹었다")]) == kiwi.transform(["나는 밥을 먹었다"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("링크https://a.b/c를 봐", "링크 xxurl 를 봐"),
        ("看这里https://t.co/x很好", "看这里 xxurl 很好"),
        ("邮箱a@b.cn。", "邮箱 xxmail。"),
        ("@हिन्दी हाँ", "xxuser हाँ"),
        ("https://müller.de/ü x", "xxurl x"),
        ("xhttps://a.b", "xhttps://a.b"),
    ],
)
def test_addresses_end_where_other_scripts_go_on(text, found):
    assert normalized("entities", text) == found


HANGUL = st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3)
ANY = st.text(
    st.one_of(
        st.characters(),  # Lone surrogates among them.
        st.sampled_from("\0\u200b\u200c\u200d\u200e\u200f\u202b\u2066\ufe0f\u20e3\u0301\u0307\u0323iıİIßςΣ👨👩🏽❤ㅋㅠㄳﾡ\u1112\u1161\u11ab한ำ"),
        HANGUL,
        st.characters(min_codepoint=0x900, max_codepoint=0xE7F),
    ),
    max_size=25,
)


@given(ANY)
@QUICK
def test_what_normalizers_give_is_final(text):
    for name, parameters in [
        ("unicode", {"form": "NFC"}),
        ("unicode", {"form": "NFKC"}),
        ("casing", {}),
        ("jamo", {}),
        ("diacritics", {}),
    ]:
        found = normalized(name, text, **parameters)
        assert normalized(name, found, **parameters) == found, name


@given(ANY)
@QUICK
def test_composed_and_decomposed_texts_give_the_same_tokens(text):
    chains = [["unicode"], ["unicode", "casing"], ["unicode", "casing", "diacritics", "jamo"]]
    for form in ("NFC", "NFKC"):
        for chain in chains:
            texts = [text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)]
            for name in chain:
                texts = component("normalizer", name)(**({"form": form} if name == "unicode" else {})).transform(texts)
            for name in ("words", "characters"):
                first, *others = component("tokenizer", name)().transform(texts)
                assert others == [first, first]


@given(st.text(HANGUL, max_size=15), st.text(st.characters(max_codepoint=0x10FF), max_size=8))
@QUICK
def test_jamo_take_only_hangul_apart_and_can_be_put_together(hangul, other):
    assert unicodedata.normalize("NFC", normalized("jamo", hangul)) == hangul
    assert normalized("jamo", other) == other
    assert normalized("jamo", f"{hangul} {other}") == f"{normalized('jamo', hangul)} {other}"


@given(st.lists(st.text(st.one_of(HANGUL, st.sampled_from(" .!a1ㅋㅠ")), min_size=1, max_size=12), min_size=1, max_size=4))
@settings(QUICK, max_examples=30)
def test_hangul_syllables_are_never_broken(texts):
    for name in ("words", "characters", "subwords", "spacy"):
        for form in ("NFC", "NFKC"):
            given_texts = [normalized("unicode", unicodedata.normalize("NFD", text), form=form) for text in texts]
            for tokens in fitted(name, given_texts, **({"language": "ko"} if name == "spacy" else {})).transform(given_texts):
                assert not re.search("[\u1100-\u11ff]", "".join(tokens)), name


@given(ANY)
@QUICK
def test_words_keep_every_letter(text):
    assert letters("".join(component("tokenizer", "words")().transform([text])[0])) == letters(text)
    tokens = component("tokenizer", "words")(symbols=True).transform([text])[0]
    assert "".join(tokens) == "".join(text.split())
    marks = combining_marks()
    assert not [token for token in tokens if len(token) > 1 and re.match(f"[{marks}]+[^{marks}]", token)]


@pytest.mark.parametrize("name", registry()["normalizer"])
@given(text=ANY)
@settings(QUICK, max_examples=30)
def test_no_text_breaks_a_normalizer(name, text):
    assert isinstance(normalized(name, text), str)


@pytest.mark.parametrize("name", registry()["tokenizer"])
@given(text=ANY)
@settings(QUICK, max_examples=30)
def test_no_text_breaks_a_tokenizer(name, text):
    tokens = fitted(name, ["a text to learn from", text]).transform([text])[0]
    assert all(isinstance(token, str) and token for token in tokens)


@pytest.mark.parametrize(
    ("given_name", "code"),
    [("ko", "ko"), ("korean", "ko"), ("KO", "ko"), ("kor", "ko"), ("zh-CN", "zh"), ("zh_Hans_CN", "zh"), ("Persian", "fa"),
     ("ger", "de"), ("hsb", "hsb"), ("xx", "xx")],
)  # fmt: skip
def test_languages_have_several_names(given_name, code):
    assert language_code(given_name) == code
    assert Task.read((["good day", "bad day"], [1, 0]), language=given_name).language == code


@pytest.mark.parametrize("given_name", ["xx-nonsense", "", "../x", "k", "qq", "en-", 3, "koraen"])
def test_a_language_that_is_none_is_refused(given_name):
    with pytest.raises(TaskError, match=re.escape(f"There is no language {given_name!r}.")) as caught:
        Task.read((["good day", "bad day"], [1, 0]), language=given_name)
    assert ("Did you mean 'korean'?" in str(caught.value)) == (given_name == "koraen")


@pytest.mark.parametrize(
    ("language", "note"),
    [("ha", "spaCy has no rules for 'ha'"), ("th", "words are parted at white space"), ("de", ""), ("no", ""), ("xx", "")],
)
def test_a_language_that_spacy_does_not_know_is_said(language, note):
    _, removed = SearchSpace.read("multilingual").check(registry(), {"LATIN": 1.0}, language)
    said = [line for line in removed if line.startswith("tokenizer.spacy.language: ")]
    assert [note in line for line in said] == ([True] if note else [])


def test_scripts_of_half_width_hangul_and_rare_capitals():
    assert script("ﾡ") == "HANGUL"
    assert normalized("casing", "\u1c90") == "\u10d0"
    space, _ = SearchSpace.read("multilingual").check(registry(), {"GEORGIAN": 1.0}, "ka")
    assert "casing" in space.normalizer


@pytest.mark.parametrize("language", ["am", "fa", "hi", "ko", "ru", "th", "vi", "zh"])
def test_a_search_in_any_script_gives_a_pipeline_that_can_be_saved(language, tmp_path):
    first, second = SENTENCES[language][:2]
    texts = [f"{sentence} {number}" for number in range(10) for sentence in (first, second)]
    task = Task.read((texts, [0, 1] * 10), language=language)
    pipeline = optimize_pipeline(task, space="multilingual", budget=Budget(seconds=None, trials=2), workers=1)
    assert pipeline.predict([first, second]).tolist() == [0, 1]
    assert pipeline.predict([unicodedata.normalize("NFD", first), unicodedata.normalize("NFD", second)]).tolist() == [0, 1]
    pipeline.save(tmp_path / "saved")
    restored = load_pipeline(tmp_path / "saved")
    assert restored.predict_proba(texts).tolist() == pipeline.predict_proba(texts).tolist()
    assert guess_language(script_shares(texts)) in (language, None)
