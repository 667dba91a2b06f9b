import pytest

from autotext.task import CASED, UNSPACED, guess_language, script, script_shares, word_letters


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("a", "LATIN"),
        ("É", "LATIN"),
        ("Ａ", "LATIN"),
        ("한", "HANGUL"),
        ("ㅋ", "HANGUL"),
        ("中", "HAN"),
        ("の", "HIRAGANA"),
        ("カ", "KATAKANA"),
        ("ｶ", "KATAKANA"),
        ("ไ", "THAI"),
        ("ж", "CYRILLIC"),
        ("ب", "ARABIC"),
        ("ह", "DEVANAGARI"),
        ("ፊ", "ETHIOPIC"),
        ("7", ""),
        (" ", ""),
        ("😀", ""),
        ("\ud83d", ""),
        ("\0", ""),
    ],
)
def test_script_of_one_character(character, name):
    assert script(character) == name


def test_shares_sum_to_one_and_the_largest_leads():
    shares = script_shares(["한국어 문장 abc", "中 12 😀"])
    assert list(shares) == ["HANGUL", "LATIN", "HAN"]
    assert sum(shares.values()) == pytest.approx(1.0)
    assert script_shares(["12 !?", ""]) == {}


def test_cased_scripts_have_upper_and_lower_case():
    assert {script("A"), script("Ж"), script("Ω")} <= CASED
    assert not {script("한"), script("中"), script("ب"), script("ह")} & CASED


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("한국어", "ko"),
        ("中文字", "zh"),
        ("これは日本語です", "ja"),
        ("ไทย", "th"),
        ("english", None),
        ("русский", None),
        ("", None),
    ],
)
def test_language_of_scripts_that_serve_one(text, language):
    assert guess_language(script_shares([text])) == language


def test_letters_of_words_are_all_that_are_alphanumeric_parted_by_script():
    characters = [chr(code) for code in range(0x32000) if not 0xD800 <= code < 0xE000]
    alphanumeric = [character for character in characters if character.isalnum() or character == "_"]
    spaced, unspaced = word_letters()
    assert set(unspaced) == {character for character in alphanumeric if script(character) in UNSPACED}
    assert sorted(spaced + unspaced) == alphanumeric
