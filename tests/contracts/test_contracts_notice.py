"""The contracts notice what they are for: each of these classes breaks one promise."""

import random

import pytest

from autotext import Portfolio, SearchSpace
from autotext.components import Normalizer, Tokenizer, registry
from autotext.space import Choice
from autotext.task.formats import TextFormat
from autotext.testing import ComponentContract, FormatContract, MetaLearnerContract


class Lower(Normalizer):
    name = "lower"
    parameters = {"keep": Choice((True, False))}

    def __init__(self, keep=True):
        self.keep = keep

    def transform(self, texts):
        return [text.lower() for text in texts]


class Changes(Lower):
    def transform(self, texts):
        texts[:] = [text.lower() for text in texts]
        return texts

    def fit(self, texts, y=None):
        texts.append("more")
        return self


class Drops(Lower):
    def transform(self, texts):
        return [text for text in texts if text.strip()]


class LooksAround(Lower):
    def transform(self, texts):
        return [f"{text} {len(texts)}" for text in texts]


class Remembers(Lower):
    def fit(self, texts, y=None):
        self.seen_ = getattr(self, "seen_", 0) + len(texts)
        return self

    def transform(self, texts):
        return [f"{text} {self.seen_}" for text in texts]


class Guesses(Lower):
    def fit(self, texts, y=None):
        self.number_ = random.random()
        return self

    def transform(self, texts):
        return [f"{text} {self.number_}" for text in texts]


class Works(Lower):
    def __init__(self, keep=True):
        self.keep = not keep


class Forgets(Lower):
    def fit(self, texts, y=None):
        return None


class Chokes(Lower):
    def transform(self, texts):
        return [text.encode().decode() for text in texts]


class Blank(Tokenizer):
    name = "blank"

    def transform(self, texts):
        return [text.split(" ") for text in texts]


class Unstated(Lower):
    parameters = {}


CONTRACT = ComponentContract()


@pytest.mark.parametrize(
    ("check", "broken"),
    [
        ("test_input_is_left_alone", Changes),
        ("test_a_batch_equals_its_rows", LooksAround),
        ("test_a_second_fit_equals_the_first", Remembers),
        ("test_a_second_fit_equals_the_first", Guesses),
        ("test_state_is_json_and_arrays_and_restores_everything", Remembers),
        ("test_init_only_stores_its_arguments", Works),
        ("test_fit_returns_itself_and_keeps_the_parameters", Forgets),
        ("test_can_be_fitted_on_hostile_texts", Drops),
        ("test_can_be_fitted_on_hostile_texts", Chokes),
        ("test_can_be_fitted_on_hostile_texts", Blank),
        ("test_every_keyword_has_a_domain_that_holds_its_default", Unstated),
        ("test_is_registered_and_can_be_used_here", Lower),
    ],
)
def test_a_broken_component_is_noticed(check, broken):
    with pytest.raises((AssertionError, AttributeError, UnicodeError, KeyError)):
        getattr(CONTRACT, check)(broken)


@pytest.mark.parametrize(
    "check",
    [
        name
        for name in dir(ComponentContract)
        if name.startswith("test_") and "registered" not in name and "process" not in name
    ],
)
def test_a_sound_component_passes(check):
    if "hostile_text_gives" in check:
        CONTRACT.test_hostile_text_gives_one_row(Lower, "surrogate")
    else:
        getattr(CONTRACT, check)(Lower)


class Clings(Portfolio):
    """Keeps what it learned first."""

    def fit(self, experience):
        return self if hasattr(self, "_regrets") else super().fit(experience)


def test_a_meta_learner_that_forgets_nothing_is_noticed(checked_fast):
    with pytest.raises(AssertionError):
        MetaLearnerContract().test_a_family_that_is_left_out_leaves_no_trace(Clings, checked_fast)
    MetaLearnerContract().test_a_family_that_is_left_out_leaves_no_trace(Portfolio, checked_fast)


@pytest.fixture
def checked_fast():
    return SearchSpace.read("fast").check(registry())[0]


def read_words(text, name):
    return {"text": text.split(), "label": list(text)}, []


@pytest.mark.parametrize("check", ["test_recognises_its_content_and_no_other", "test_columns_have_equal_lengths",
                                   "test_a_broken_file_is_refused_by_its_name"])
def test_a_broken_format_is_noticed(check):
    greedy = TextFormat("words", (".words",), read_words, lambda text: True)
    with pytest.raises(AssertionError):
        getattr(FormatContract(), check)(greedy, b"so good\nso bad\n")
