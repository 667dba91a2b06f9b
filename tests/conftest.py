import importlib
import itertools
import os  # isort: split

# Before any library that reads it: more threads only get into each other's way on data as small as that of tests.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from autotext.components import register
from autotext.components import registry as all_components
from autotext.components.tiny_models import write_tiny_static_model, write_tiny_transformer
from autotext.meta import MetaLearner, meta_learners, register_meta_learner
from autotext.pipeline import TextPipeline
from autotext.space import SearchSpace
from autotext.task import guess_language, script_shares
from autotext.task.formats import Annotations, BinaryFormat, TextFormat, readable_endings, register_format
from autotext.task.formats.registry import REGISTERED
from autotext.testing.components import TEXTS

# Every run tries the same examples, so that a change is judged by itself; `--hypothesis-profile explore` tries others.
settings.register_profile("explore", settings())
settings.register_profile("suite", derandomize=True)
settings.load_profile("suite")

HERE = Path(__file__).parent
# Of processes that tests start: the modules beside this one, and the package that is tested.
PATH = os.pathsep.join([str(HERE), str(HERE.parent)])
# Collecting these for their docstrings would register their components.
collect_ignore = ["outside"]

_FRAMES = {
    "latin": [f"the {thing} {verb} {{}}" for thing in ("film", "book", "meal", "room")
              for verb in ("was", "is", "seemed")],
    "hangul": [f"{thing} {verb} {{}}" for thing in ("영화는", "책은", "음식은", "방은")
               for verb in ("정말", "아주", "너무")],
    "han": [f"{thing}{verb}{{}}" for thing in ("电影", "这本书", "饭菜", "房间")
            for verb in ("真", "非常", "实在")],
}
_WORDS = {
    "latin": {"good": ("lovely", "great"), "bad": ("awful", "dull"),
              "cheap": ("cheap", "a bargain"), "late": ("late", "delayed")},
    "hangul": {"good": ("좋았다", "훌륭했다"), "bad": ("나빴다", "지루했다")},
    "han": {"good": ("精彩", "好看"), "bad": ("糟糕", "无聊")},
}


def _single(script, classes):
    made = [(frame.format(word), label) for frame, (label, number) in
            itertools.product(_FRAMES[script], itertools.product(classes, (0, 1)))
            for word in [_WORDS[script][label][number]]]
    return [text for text, _ in made], [label for _, label in made]


def _several():
    words = _WORDS["latin"]
    sets = [(), ("good",), ("bad",), ("good", "cheap"), ("bad", "late")]
    made = []
    for number, frame in enumerate(_FRAMES["latin"]):
        for labels in sets:
            said = " and ".join([words[label][number % 2] for label in labels]) or "there"
            made.append((frame.format(said) + f" {number}", list(labels)))
    return [text for text, _ in made], [labels for _, labels in made]


def toy(name):
    """Texts and labels of a small task that n-grams solve."""
    if name == "multilabel":
        return _several()
    script, classes = {"binary": ("latin", ("good", "bad")), "multiclass": ("latin", ("good", "bad", "cheap")),
                       "korean": ("hangul", ("good", "bad")), "chinese": ("han", ("good", "bad"))}[name]
    return _single(script, classes)


TOYS = ("binary", "multiclass", "multilabel", "korean", "chinese")

QUICK = """
version: 1
stages:
  normalizer: {chain: {unicode: {form: [NFC, NFKC]}, casing: {use: [true, false]}}}
  tokenizer: {one_of: {words: {min_length: 1}}}
  features:
    one_of: [[word_tfidf], [char_tfidf], [word_tfidf, char_tfidf]]
    word_tfidf: {ngrams: ["1-1", "1-2"], min_df: {int: [1, 3]}}
    char_tfidf: {span: ["1-3", "2-4"], weight: {float: [0.3, 3.0], log: true}}
  model:
    one_of:
      multinomial_nb: {alpha: {float: [0.01, 1.0], log: true}}
      ridge: {alpha: {float: [0.1, 10.0], log: true}}
"""


@pytest.fixture
def quick(tmp_path):
    """Path of a search space whose pipelines are fitted in no time."""
    path = tmp_path / "quick.yaml"
    path.write_text(QUICK, "utf-8")
    return path


@pytest.fixture
def checked(tmp_path):
    """Make a search space of a YAML text, checked for texts."""

    def make(text, texts=("plain words",)):
        path = tmp_path / "made.yaml"
        path.write_text(text, "utf-8")
        shares = script_shares(texts)
        return SearchSpace.read(path).check(all_components(), shares, guess_language(shares))[0]

    return make


def _register_all(module):
    """Register what a module holds, once more if another test imported it."""
    for value in list(vars(module).values()):
        if isinstance(value, TextFormat | BinaryFormat | Annotations):
            register_format(value)
        elif getattr(value, "__module__", "") == module.__name__ and isinstance(value, type) and getattr(value, "name", ""):
            (register_meta_learner if issubclass(value, MetaLearner) else register)(value)


@pytest.fixture
def unregistered():
    """What the test registers is not known after it."""
    readable_endings()
    registries = [*all_components().values(), meta_learners(), REGISTERED]
    before = [dict(registry) for registry in registries]
    yield
    for registry, entries in zip(registries, before, strict=True):
        registry.clear()
        registry.update(entries)


@pytest.fixture
def outside(unregistered):
    """Register what a module of `outside` holds, while the test runs."""

    def load(name):
        module = importlib.import_module(f"outside.{name}")
        _register_all(module)
        return module

    return load


@pytest.fixture
def friendly(outside):
    """Outside components, registered while the test runs."""
    return outside("friendly")


@pytest.fixture
def script(tmp_path):
    """Run Python code as a script in a fresh process and folder; what was printed comes back."""

    def run(code, *, arguments=(), given=None, timeout=240, quiet=False, **environment):
        path = tmp_path / "script.py"
        path.write_text(code, "utf-8")
        done = subprocess.run([sys.executable, *(arguments or (str(path),))], input=given, capture_output=True,
                              text=True, encoding="utf-8", timeout=timeout, cwd=tmp_path,
                              env={**os.environ, "PYTHONUTF8": "1", "PYTHONPATH": PATH, **environment})
        assert done.returncode == 0, done.stdout + done.stderr
        assert not (quiet and done.stderr), done.stderr
        return done.stdout

    return run


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.skipped and "contracts" in item.path.parts:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped; a contract must run: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def static_folder(tmp_path_factory):
    """Folder of a small static embedding model."""
    return write_tiny_static_model(tmp_path_factory.mktemp("static") / "model", TEXTS)


@pytest.fixture(scope="session")
def encoder_folder(tmp_path_factory):
    """Folder of a small transformer of chance weights."""
    return write_tiny_transformer(tmp_path_factory.mktemp("encoder") / "model", TEXTS)


@pytest.fixture(scope="session")
def source_folder(tmp_path_factory):
    """Folder of a pipeline that was fitted on a task of its own, and is not sure of anything there."""
    labels = [("one", "two", "three")[number] for number in np.random.default_rng(0).integers(0, 3, 6 * len(TEXTS))]
    pipeline = TextPipeline({"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "logistic"})
    pipeline.fit([f"{text} {number}" for number in range(6) for text in TEXTS], labels)
    return str(pipeline.save(tmp_path_factory.mktemp("source") / "pipeline"))


@pytest.fixture(scope="session")
def originals(tmp_path_factory):
    """Folder of small pipelines, to be changed."""
    from pipeline.tampering import save_originals

    folder = tmp_path_factory.mktemp("originals")
    save_originals(folder, toy)
    return folder


@pytest.fixture
def copied(originals, tmp_path):
    """Copies one of these pipelines, again if asked again."""
    return lambda name="linear": shutil.copytree(originals / name, tmp_path / "changed", dirs_exist_ok=True)
