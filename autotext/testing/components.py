"""The contract of components, as tests."""

from __future__ import annotations

import atexit
import copy
import hashlib
import importlib
import inspect
import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from autotext.components import Component, Counts, Feature, Model, outside_modules, registry
from autotext.components.tokenizers.words import Words
from autotext.errors import ComponentError
from autotext.space import Choice, Scalar
from autotext.space.domains import FromTask

TEXTS = ("The film was good, really good!", "A bad film and a BAD evening.", "정말 좋은 영화였습니다", "배송이 너무 느려요",
         "这家餐厅的菜很好吃。", "อาหารอร่อยมาก", "यह बहुत अच्छा है", "этот фильм хороший", "good good day",
         "see https://a.b/c @ann 😀 12:30", "<b>Tom &amp; Jerry</b>", "這部電影 not so good")
"""Ordinary texts in several scripts, on which components are fitted."""

HOSTILE = {
    "empty": "", "blank": " \t\n ", "one_word": "word", "one_letter": "a", "emoji": "😀👩‍👩‍👧‍👦🇰🇷",
    "rtl": "هذا فيلم جميل جدا שלום", "cjk": "这家餐厅的菜很好吃。この映画は",
    "hangul": "한국어 문장입니다", "jamo": "ㅋㅋㅋ ㅠㅠ", "thai": "อาหารอร่อยมาก บริการดี",
    "nul": "a\0b \0", "surrogate": "broken \ud83d text \udc00", "control": "\x01\x1f\x7f\u200b\ufeff\u2028\u2029",
    "combining": "e" + "\u0301" * 50, "markup": "<<<< & &amp; &#0; <!-- <script>", "long_line": "long line of words " * 5300,
    "long_word": "abcdefghij" * 1000, "long_hangul": "가나다라마바사 " * 500,
}
"""Texts that break careless code, by what is wrong with them."""

_TEST_PARAMS: dict[Any, dict[str, Scalar]] = {}
_Y = np.arange(len(TEXTS)) % 2
_ELSEWHERE = ("import json, sys; from autotext.testing.components import print_digests; "
              "print_digests(json.loads(sys.argv[1]), sys.argv[2:])")


def variants(cls: type[Component]) -> Iterator[dict[str, Scalar]]:
    """Keywords of ``__init__`` to test a component with: the defaults, then each choice changed alone.

    Parameters
    ----------
    cls : class of Component

    Examples
    --------
    >>> from autotext.components import component
    >>> list(variants(component("tokenizer", "words")))[:2]
    [{}, {'symbols': False}]
    """
    yield {}
    language = {name: "en" for name, domain in cls.parameters.items() if domain == FromTask("language")}
    for name, domain in cls.parameters.items():
        if isinstance(domain, Choice) and len(domain.values) > 1:
            for value in dict.fromkeys((domain.values[0], domain.values[-1])):
                yield {**language, name: value}


@cache
def _scratch() -> Path:
    """A temporary folder that is removed when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="autotext-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _test_params(cls: type[Component]) -> dict[str, Scalar]:
    """Keywords that a component needs, made only once."""
    if cls not in _TEST_PARAMS:
        _TEST_PARAMS[cls] = cls.test_params(Path(tempfile.mkdtemp(dir=_scratch())))
    return _TEST_PARAMS[cls]


def _new(cls: type[Component], **keywords: Scalar) -> Any:
    """Instance of a component, with the keywords that it needs."""
    return cls(**{**_test_params(cls), **keywords})


def _numbers(texts: Sequence[str]) -> sp.csr_matrix:
    """Small nonnegative rows of length 1 that depend on the texts alone; an empty text gives a row of zeros."""
    rows = np.zeros((len(texts), 24))
    for row, text in enumerate(texts):
        for character in text[:500]:
            rows[row, ord(character) % 24] += 1.0
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return sp.csr_matrix(rows / np.where(length > 0, length, 1.0))


def _documents(component: Component, texts: Sequence[str]) -> list[Any]:
    return Words().transform(texts) if component.consumes == "tokens" else list(texts)


def _fit(component: Any, texts: Sequence[str] = TEXTS, y: NDArray[Any] = _Y) -> Any:
    """Fit a component of any stage, and give what `fit` returns."""
    if isinstance(component, Feature):
        return component.fit(component.count(_documents(component, texts)), y)
    if isinstance(component, Model):
        return component.fit(_numbers(texts), y, 2)
    return component.fit(list(texts))


def _output(component: Any, texts: Sequence[str]) -> list[Any]:
    """One entry per text: a str, a list of str, or a list of numbers."""
    if isinstance(component, Feature):
        matrix = component.transform(component.count(_documents(component, texts)))
        assert matrix.format == "csr"
        assert matrix.dtype.kind == "f"
        rows: list[Any] = matrix.toarray().tolist()
        return rows
    if isinstance(component, Model):
        margins: list[Any] = component.decision_function(_numbers(texts)).tolist()
        return margins
    outputs = component.transform(list(texts))
    assert isinstance(outputs, list)
    return outputs


def _stored(component: Component) -> dict[str, Any]:
    """Attributes of an instance, where free keywords may be in one dict."""
    attributes: dict[str, Any] = {}
    for name, value in vars(component).items():
        attributes.update(value if isinstance(value, dict) else {name: value})
    return attributes


def _same(first: list[Any], second: list[Any], precision: float = 0.0) -> None:
    assert len(first) == len(second)
    for value, other in zip(first, second, strict=True):
        if isinstance(value, list) and value and isinstance(value[0], float):
            np.testing.assert_allclose(np.array(value), np.array(other), rtol=1e-9, atol=max(1e-12, precision))
        else:
            assert value == other


def _digest(component: Component) -> str:
    """Digest of the output of a newly fitted component for the texts of this module."""
    outputs = _output(_fit(component), [*TEXTS, HOSTILE["emoji"], HOSTILE["surrogate"], ""])
    return hashlib.blake2b(repr(outputs).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@cache
def _digests_elsewhere(modules: tuple[str, ...]) -> dict[str, str]:
    """Digests of all registered components, those of some modules included, made by a process with another hash seed."""
    keywords = {f"{stage}.{name}": _test_params(cls) for stage, classes in registry().items() for name, cls in classes.items()}
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    path = os.pathsep.join(entry for entry in sys.path if entry)
    command = [sys.executable, "-c", _ELSEWHERE, json.dumps(keywords), *modules]
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path})
    assert done.returncode == 0, done.stderr
    digests: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return digests


def print_digests(keywords: Mapping[str, Mapping[str, Scalar]], modules: Sequence[str]) -> None:
    """Print the digests of all registered components as JSON, after importing modules that register some.

    Parameters
    ----------
    keywords : mapping of str to mapping
        Keywords of the components, by ``stage.name``.
    modules : sequence of str
    """
    for module in modules:
        importlib.import_module(module)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        digests = {f"{stage}.{name}": _digest(cls(**keywords[f"{stage}.{name}"])) for stage, classes in registry().items()
                   for name, cls in classes.items()}
    sys.stdout.write(json.dumps(digests) + "\n")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
class ComponentContract:
    """Tests of what every component must do; a test class inherits them and names the component.

    Attributes
    ----------
    component : type of Component
        A registered class. Instead of the attribute, the fixture `component_class` can be overridden, for instance
        with parameters, to test several classes.
    """

    component: ClassVar[type[Component]]

    @pytest.fixture
    def component_class(self) -> type[Component]:
        """Class under test."""
        return self.component

    def test_is_registered_and_can_be_used_here(self, component_class: type[Component]) -> None:
        """It stands in the registry under its name, and what it needs is installed."""
        assert registry()[component_class.stage][component_class.name] is component_class
        assert component_class.missing_dependency() == ""
        assert component_class.consumes in ("raw", "text", "tokens", "matrix", "nonnegative")
        assert component_class.produces in ("text", "tokens", "matrix", "nonnegative")
        assert component_class.version >= 1

    def test_every_keyword_has_a_domain_that_holds_its_default(self, component_class: type[Component]) -> None:
        """`parameters` speaks of the keywords of ``__init__``, no others, and allows their defaults."""
        keywords = dict(inspect.signature(component_class).parameters)
        if any(keyword.kind is keyword.VAR_KEYWORD for keyword in keywords.values()):
            assert component_class.parameters
            return
        assert set(component_class.parameters) == set(keywords)
        for name, keyword in keywords.items():
            assert keyword.default is not keyword.empty, f"{name} has no default"
            assert keyword.default in component_class.parameters[name]

    def test_aliases_and_legacy_values_speak_of_parameters(self, component_class: type[Component]) -> None:
        """Former names lead to present parameters, former meanings are legal."""
        assert set(component_class.aliases.values()) <= set(component_class.parameters)
        assert not set(component_class.aliases) & set(component_class.parameters)
        for name, value in component_class.legacy.items():
            assert value in component_class.parameters[name]

    def test_init_only_stores_its_arguments(self, component_class: type[Component]) -> None:
        """``__init__`` keeps each value under its own name and makes nothing else."""
        for keywords in variants(component_class):
            component = _new(component_class, **keywords)
            assert _stored(component) == component.get_params()
            assert keywords.items() <= component.get_params().items()

    def test_clone_has_the_same_parameters_and_nothing_learned(self, component_class: type[Component]) -> None:
        """A clone of a fitted component is an unfitted one with the same parameters."""
        for keywords in variants(component_class):
            fitted = _fit(_new(component_class, **keywords))
            assert _stored(clone(fitted)) == _new(component_class, **keywords).get_params() == fitted.get_params()

    def test_set_params_is_like_init(self, component_class: type[Component]) -> None:
        """Parameters that are set later count as if given at once."""
        for keywords in variants(component_class):
            changed = _new(component_class).set_params(**keywords)
            _same(_output(_fit(changed), TEXTS), _output(_fit(_new(component_class, **keywords)), TEXTS))

    def test_fit_returns_itself_and_keeps_the_parameters(self, component_class: type[Component]) -> None:
        """`fit` gives the component back and changes none of its parameters."""
        component = _new(component_class)
        before = component.get_params()
        assert _fit(component) is component
        assert component.get_params() == before

    @pytest.mark.parametrize("name", list(HOSTILE))
    def test_hostile_text_gives_one_row(self, component_class: type[Component], name: str) -> None:
        """Any text, alone or among others, gives one row of the right kind."""
        component = _fit(_new(component_class))
        texts = [TEXTS[0], HOSTILE[name], TEXTS[2]]
        rows = _output(component, texts)
        assert len(rows) == 3
        self._check_rows(component, rows)
        _same(_output(component, [HOSTILE[name]]), rows[1:2], component.precision)

    def test_can_be_fitted_on_hostile_texts(self, component_class: type[Component]) -> None:
        """Such texts may also be among those that `fit` learns from."""
        texts = [*TEXTS, *HOSTILE.values()]
        for keywords in variants(component_class):
            component = _fit(_new(component_class, **keywords), texts, np.arange(len(texts)) % 2)
            rows = _output(component, texts)
            assert len(rows) == len(texts)
            self._check_rows(component, rows)

    @staticmethod
    def _check_rows(component: Component, rows: list[Any]) -> None:
        for row in rows:
            if component.stage == "normalizer":
                assert isinstance(row, str)
            elif component.stage == "tokenizer":
                assert isinstance(row, list)
                assert all(isinstance(token, str) and token for token in row)
            else:
                assert np.isfinite(row).all()
                assert component.produces != "nonnegative" or min(row, default=0.0) >= 0.0

    def test_no_texts_give_no_rows(self, component_class: type[Component]) -> None:
        """An empty list gives an empty result."""
        assert _output(_fit(_new(component_class)), []) == []

    def test_a_batch_equals_its_rows(self, component_class: type[Component]) -> None:
        """A text gives the same alone and among others."""
        for keywords in variants(component_class):
            component = _fit(_new(component_class, **keywords))
            _same(_output(component, TEXTS), [_output(component, [text])[0] for text in TEXTS], component.precision)
            _same(_output(component, TEXTS[::-1]), _output(component, TEXTS)[::-1], component.precision)

    def test_input_is_left_alone(self, component_class: type[Component]) -> None:
        """Neither `fit` nor what follows changes the objects given."""
        component: Any = _new(component_class)
        if isinstance(component, Model):
            matrix = _numbers(TEXTS)
            matrix_before = matrix.copy()
            component.fit(matrix, _Y, 2).decision_function(matrix)
            assert (matrix != matrix_before).nnz == 0
            return
        documents = _documents(component, TEXTS)
        documents_before = copy.deepcopy(documents)
        y = _Y.copy()
        if isinstance(component, Feature):
            counts = component.count(documents)
            matrix = counts.matrix.copy()
            component.fit(counts, y).transform(counts)
            assert (counts.matrix != matrix).nnz == 0
        else:
            component.fit(documents).transform(documents)
        assert documents == documents_before
        assert (y == _Y).all()

    def test_a_second_fit_equals_the_first(self, component_class: type[Component]) -> None:
        """Nothing of an earlier `fit` is left after the next one, and chance plays no part."""
        for keywords in variants(component_class):
            component: Any = _new(component_class, **keywords)
            if isinstance(component, Feature):
                counts = component.count(_documents(component, TEXTS))
                other = component.count(_documents(component, TEXTS[:5]))
                first = _output(component.fit(counts, _Y), TEXTS)
                component.fit(other, _Y[:5])
                _same(_output(component.fit(counts, _Y), TEXTS), first)
                continue
            first = _output(_fit(component), TEXTS)
            _fit(component, TEXTS[:5], _Y[:5])
            _same(_output(_fit(component), TEXTS), first)
            _same(_output(_fit(_new(component_class, **keywords)), TEXTS), first)

    def test_state_is_json_and_arrays_and_restores_everything(self, component_class: type[Component]) -> None:
        """A fresh instance that takes over the state answers identically; no pickle is needed for it."""
        for keywords in variants(component_class):
            component = _fit(_new(component_class, **keywords))
            expected = _output(component, [*TEXTS, *list(HOSTILE.values())[:12]])
            learned, arrays = component.state()
            assert all(isinstance(array, np.ndarray) and array.dtype.kind in "biuf" for array in arrays.values())
            fresh = _new(component_class, **keywords)
            fresh.set_state(json.loads(json.dumps(learned, allow_nan=False)), arrays)
            assert _output(fresh, [*TEXTS, *list(HOSTILE.values())[:12]]) == expected
            again, arrays_again = fresh.state()
            assert json.dumps(again, sort_keys=True) == json.dumps(learned, sort_keys=True)
            assert set(arrays_again) == set(arrays)
            assert all(np.array_equal(array, arrays_again[name]) for name, array in arrays.items())

    def test_pickle_keeps_everything(self, component_class: type[Component]) -> None:
        """Worker processes send fitted components home by pickle."""
        for keywords in variants(component_class):
            component = _fit(_new(component_class, **keywords))
            restored = pickle.loads(pickle.dumps(component))
            assert restored.get_params() == component.get_params()
            assert _output(restored, TEXTS) == _output(component, TEXTS)

    def test_another_process_gives_the_same(self, component_class: type[Component]) -> None:
        """Neither hash seed nor process changes a number."""
        name = f"{component_class.stage}.{component_class.name}"
        assert _digests_elsewhere(outside_modules())[name] == _digest(_new(component_class))


class FeatureContract(ComponentContract):
    """Tests of what every feature must do, beyond `ComponentContract`."""

    def test_counts_are_the_same_for_every_fold(self, component_class: type[Component]) -> None:
        """Rows of counts made once give the fit and the features that counting only those rows gives."""
        train, held_out = np.arange(8), np.arange(8, len(TEXTS))
        for keywords in variants(component_class):
            shared: Any = _new(component_class, **keywords)
            documents = _documents(shared, TEXTS)
            counts: Counts = shared.count(documents)
            inside = shared.fit(counts.rows(train), _Y[train]).transform(counts.rows(held_out))
            alone: Any = _new(component_class, **keywords)
            alone.fit(alone.count(documents[:8]), _Y[train])
            np.testing.assert_allclose(np.sort(alone.transform(alone.count(documents[8:])).toarray(), axis=1),
                                       np.sort(inside.toarray(), axis=1), rtol=1e-9, atol=max(1e-12, shared.precision))

    def test_counting_after_fit_equals_counting_before(self, component_class: type[Component]) -> None:
        """The way of new texts gives what the way of the search gave."""
        for keywords in variants(component_class):
            component: Any = _new(component_class, **keywords)
            documents = _documents(component, TEXTS)
            counts = component.count(documents)
            before = component.fit(counts.rows(np.arange(8)), _Y[:8]).transform(counts).toarray()
            after = component.transform(component.count(documents)).toarray()
            np.testing.assert_allclose(after, before, rtol=1e-9, atol=1e-12)

    def test_fits_several_labels(self, component_class: type[Component]) -> None:
        """Targets may be 0/1 indicators."""
        indicators = np.column_stack([_Y, 1 - _Y, np.zeros_like(_Y)])
        component: Any = _fit(_new(component_class), TEXTS, indicators)
        assert np.isfinite(_output(component, TEXTS)).all()

    def test_training_words_matter_and_unknown_ones_do_not_break(self, component_class: type[Component]) -> None:
        """Different training texts differ in their features; text of unknown symbols only is a row like any other."""
        component = _fit(_new(component_class))
        rows = _output(component, TEXTS)
        assert len({tuple(row) for row in rows}) > len(TEXTS) // 2
        assert len(_output(component, ["ፊልሙ በጣም ጥሩ ነው"])) == 1


class ModelContract(ComponentContract):
    """Tests of what every model must do, beyond `ComponentContract`."""

    def test_learns_classes_that_can_be_parted(self, component_class: type[Component]) -> None:
        """Margins of training rows point to their classes, for two, three and several labels."""
        codes = np.repeat([0, 1, 2], 12)
        for n_classes in (2, 3):
            y = codes[codes < n_classes]
            X = self._blobs(y)
            margins = self._fresh(component_class).fit(X, y, n_classes).decision_function(X)
            assert margins.shape == (len(y), n_classes)
            assert (margins.argmax(axis=1) == y).mean() > 0.9
        indicators = (codes[:, None] == np.arange(3)).astype(np.int8)
        margins = self._fresh(component_class).fit(self._blobs(codes), indicators, 3).decision_function(self._blobs(codes))
        assert margins.shape == indicators.shape
        assert (margins.argmax(axis=1) == codes).mean() > 0.9

    def test_a_class_without_rows_comes_last(self, component_class: type[Component]) -> None:
        """A class that training never saw has a column, and never wins."""
        y = np.repeat([0, 2], 12)
        model = self._fresh(component_class).fit(self._blobs(y), y, 4)
        margins = model.decision_function(self._blobs(y))
        assert margins.shape == (24, 4)
        assert (margins.argmax(axis=1) == y).mean() > 0.9
        assert margins[:, [1, 3]].max() < margins[:, [0, 2]].min(axis=1).max()
        assert (margins[:, [1, 3]].max(axis=1) <= margins[:, [0, 2]].min(axis=1)).all()

    def test_a_label_that_is_never_or_always_given(self, component_class: type[Component]) -> None:
        """Labels without a counterexample are answered by what was seen."""
        y = np.repeat([0, 1], 12)
        indicators = np.column_stack([y, np.zeros_like(y), np.ones_like(y)]).astype(np.int8)
        model = self._fresh(component_class).fit(self._blobs(y), indicators, 3)
        margins = model.decision_function(self._blobs(y))
        assert np.isfinite(margins).all()
        assert (margins[:, 1] < 0).all()
        assert (margins[:, 2] > 0).all()

    def test_a_path_decides_like_models_fitted_alone(self, component_class: type[Component]) -> None:
        """Each model of a path is what `fit` gives at its value; the model asked stays unfitted."""
        codes = np.repeat([0, 1, 2], 12)
        indicators = (codes[:, None] == np.arange(3)).astype(np.int8)
        indicators[:, 2] = 1
        model = self._fresh(component_class)
        name = model.regularization_parameter
        if not name:
            with pytest.raises(ComponentError, match=component_class.name):
                model.fit_regularization_path(self._blobs(codes), codes, 3, 0, [1.0])
            return
        default, domain = model.get_params()[name], component_class.parameters[name]
        values = [value for value in (default / 10, default, default * 10) if value in domain]
        for target in (codes, codes % 2, indicators):
            models = model.fit_regularization_path(self._blobs(codes), target, 3, 0, values)
            for value, fitted in zip(values, models, strict=True):
                alone = self._fresh(component_class).set_params(**{name: value}).fit(self._blobs(codes), target, 3, 0)
                assert fitted.get_params() == alone.get_params()
                margins, expected = (each.decision_function(self._blobs(codes)) for each in (fitted, alone))
                np.testing.assert_allclose(margins, expected, rtol=1e-5, atol=model.regularization_tolerance)
        assert _stored(model) == model.get_params()

    def test_size_is_a_count(self, component_class: type[Component]) -> None:
        """The declared cost of predicting is a whole number above 0."""
        y = np.repeat([0, 1], 12)
        size = self._fresh(component_class).fit(self._blobs(y), y, 2).size
        assert isinstance(size, int)
        assert size > 0

    def test_state_keeps_several_labels_and_unseen_classes(self, component_class: type[Component]) -> None:
        """The state also restores models of several labels and of absent classes."""
        y = np.repeat([0, 2], 12)
        indicators = np.column_stack([y == 0, y < 0, y == 2]).astype(np.int8)
        for target in (y, indicators):
            model = self._fresh(component_class).fit(self._blobs(y), target, 3)
            learned, arrays = model.state()
            fresh = self._fresh(component_class)
            fresh.set_state(json.loads(json.dumps(learned)), arrays)
            assert np.array_equal(fresh.decision_function(self._blobs(y)), model.decision_function(self._blobs(y)))

    @staticmethod
    def _fresh(component_class: type[Component]) -> Model:
        model = _new(component_class)
        assert isinstance(model, Model)
        return model

    @staticmethod
    def _blobs(y: NDArray[Any]) -> sp.csr_matrix:
        """Nonnegative rows of length 1 around one corner per class."""
        rng = np.random.default_rng(0)
        rows = rng.random((len(y), 12)) * (rng.random((len(y), 12)) < 0.1) * 0.2
        rows[np.arange(len(y)), y * 3] += 1.0
        return sp.csr_matrix(rows / np.linalg.norm(rows, axis=1, keepdims=True))
