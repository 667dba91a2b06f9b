import pytest

from autotext import SearchSpace, SpaceError
from autotext.space import Choice, Float, Int, shipped_spaces
from autotext.space.domains import FromTask

WHOLE = """version: 1
stages:
  normalizer: {chain: {casing: {use: [true, false]}}}
  tokenizer: {one_of: {words: {min_length: {int: [1, 3]}}}}
  features:
    one_of: [[word_tfidf], [word_tfidf, char_tfidf]]
    word_tfidf: {ngrams: ["1-1", "1-2"]}
  model:
    one_of:
      linear_svm: {C: %s}
"""


def read(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_text(text, "utf-8")
    return SearchSpace.read(path)


def domain(tmp_path, value):
    return read(tmp_path, WHOLE % value).model["linear_svm"]["C"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1.5", Choice((1.5,))),
        ("1", Choice((1,))),
        ("1e-3", Choice((0.001,))),
        ("-2.5E+4", Choice((-25000.0,))),
        ("true", Choice((True,))),
        ("text", Choice(("text",))),
        ('"1-2"', Choice(("1-2",))),
        ('"no"', Choice(("no",))),
        ("[1, 2.5, true, a]", Choice((1, 2.5, True, "a"))),
        ("{int: [1, 5]}", Int(1, 5)),
        ("{int: [1, 5], log: true}", Int(1, 5, True)),
        ("{float: [1, 1e3], log: true}", Float(1.0, 1000.0, True)),
        ("{float: [-1.5, 0]}", Float(-1.5, 0.0)),
        ("{task: language}", FromTask("language")),
    ],
)
def test_every_type_is_as_written(tmp_path, value, expected):
    found = domain(tmp_path, value)
    assert found == expected
    if isinstance(expected, Choice):
        assert [type(option) for option in found.values] == [type(option) for option in expected.values]


@pytest.mark.parametrize(
    "value",
    [
        "1_2",
        "12:30",
        "yes",
        "no",
        "on",
        "off",
        "No",
        "ON",
        "y",
        "n",
        ".5",
        "5.",
        "null",
        "~",
        "+1",
        "007",
        "0x",
        "1-2",
        "True",
        "TRUE",
        ".inf",
        "-.nan",
        "1e",
        "2024-01-01",
    ],
)
def test_what_yaml_would_turn_into_something_else_is_refused(tmp_path, value):
    if value == "0x":
        assert domain(tmp_path, value) == Choice(("0x",))
        return
    with pytest.raises(SpaceError, match=r"mine\.yaml, line 10: .*quotes"):
        domain(tmp_path, value)


@pytest.mark.parametrize(
    "value",
    [
        "{int: [1, 5], lag: true}",
        "{int: [1, 5], float: [1, 2]}",
        "{}",
        "{int: 5}",
        "{int: [1, 2, 3]}",
        "{int: [1.5, 3]}",
        "{int: [true, 3]}",
        "{float: [a, b]}",
        "{int: [1, 2], log: 1}",
        "{task: size}",
        "[[1]]",
        "[]",
        "[1, 1]",
        "{int: [5, 1]}",
        "{float: [0, 1], log: true}",
        "{int: [-1, 5], log: true}",
    ],
)
def test_illegal_domains_name_their_path(tmp_path, value):
    with pytest.raises(SpaceError, match=r"mine\.yaml: stages\.model\.one_of\.linear_svm\.C: "):
        domain(tmp_path, value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("[]", "empty"),
        ("{int: [5, 1]}", "range is empty: 5 is more than 1"),
        ("[1, 1]", "twice"),
        ("{float: [0.0, 1.0], log: true}", "begin above 0"),
        ("{int: [1.5, 3]}", "whole numbers"),
    ],
)
def test_illegal_domains_say_why(tmp_path, value, reason):
    with pytest.raises(SpaceError, match=reason):
        domain(tmp_path, value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version: 1", "version: 2", "version: this autotext reads version 1, not 2"),
        ("version: 1\n", "", "the key 'version' is missing"),
        ("  model:", "  modell:", "'model' is missing"),
        ("tokenizer: {one_of", "tokenizer: {any_of", r"stages\.tokenizer: the key 'one_of' is missing"),
        ("  tokenizer:", "  tokeniser: {}\n  tokenizer:", r"stages\.tokeniser: unknown key.*Did you mean 'tokenizer'"),
        ("  tokenizer:", "  features: {}\n  tokenizer:", "line 6: the key 'features' stands twice"),
        ("[[word_tfidf], ", "[word_tfidf, ", r"features\.one_of: must be a list of sets"),
        ("[[word_tfidf], ", "[[word_tfidf, word_tfidf], ", r"one_of\[0\]: a component stands twice"),
        ("[[word_tfidf], ", "[[word_tfidf], [word_tfidf], ", r"one_of\[1\]: this set stands twice"),
        ("[[word_tfidf], [word_tfidf, char_tfidf]]", "[]", r"features\.one_of"),
        (
            "    word_tfidf: {",
            "    word_tfidff: {",
            r"stages\.features\.word_tfidff: no set.*Did you mean 'word_tfidf'",
        ),
        ("{words: {min_length: {int: [1, 3]}}}", "{words: 5}", r"tokenizer\.one_of\.words: must be a mapping"),
        ("{words: {min_length: {int: [1, 3]}}}", "{}", r"tokenizer\.one_of: must map at least one"),
        ("  model:", "  5: {}\n  model:", "line 8: the key 5 must be a name"),
        ("{chain:", "{chain: [", "line"),
    ],
)
def test_broken_files_say_where(tmp_path, old, new, message):
    assert old in WHOLE
    with pytest.raises(SpaceError, match=message) as caught:
        read(tmp_path, (WHOLE % "1.0").replace(old, new))
    assert str(caught.value).startswith("mine.yaml")


@pytest.mark.parametrize("text", ["", "5", "[1]", "a: !!python/object:os.system {}", "a: &x [*x]", "\t"])
def test_what_is_no_mapping_is_refused(tmp_path, text):
    with pytest.raises(SpaceError, match=r"mine\.yaml"):
        read(tmp_path, text)


def test_a_doubled_key_names_its_line(tmp_path):
    with pytest.raises(SpaceError, match=r"mine\.yaml, line 2: the key 'version' stands twice"):
        read(tmp_path, "version: 1\nversion: 1\n")


def test_names_and_paths(tmp_path):
    with pytest.raises(SpaceError, match="Did you mean 'default'"):
        SearchSpace.read("defalt")
    with pytest.raises(SpaceError, match="no search-space file"):
        SearchSpace.read(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(SpaceError, match="Cannot read"):
        SearchSpace.read(tmp_path / "bad.yaml")
    assert [SearchSpace.read(name).name for name in shipped_spaces()] == list(shipped_spaces())
