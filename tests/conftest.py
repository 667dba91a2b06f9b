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
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

from autotext.components import register
from autotext.components import registry as all_components
from autotext.pipeline import TextPipeline
from autotext.space import SearchSpace
from autotext.task import guess_language, script_shares
from autotext.testing.components import TEXTS

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


def static_model(folder, texts, width=16):
    """Write a small static embedding model, in the form of model2vec: pieces of bytes, and chance vectors."""
    folder.mkdir(parents=True, exist_ok=True)
    pieces = Tokenizer(models.BPE())
    pieces.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=400, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    pieces.train_from_iterator(texts, trainer)
    pieces.save(str(folder / "tokenizer.json"))
    vectors = np.random.default_rng(0).normal(size=(pieces.get_vocab_size(), width)).astype(np.float32)
    save_file({"embeddings": vectors}, folder / "model.safetensors")
    return str(folder)


def tiny_encoder(folder, texts, width=16):
    """Write a small transformer as transformers does: one layer of chance weights, pieces of bytes, the mean of the states."""
    import torch
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    pieces = Tokenizer(models.BPE(unk_token="[UNK]"))
    pieces.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    pieces.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet, special_tokens=special,
                                                          show_progress=False))
    pieces.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=pieces, model_max_length=64, pad_token="[PAD]", unk_token="[UNK]",
                                        cls_token="[CLS]", sep_token="[SEP]")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = BertModel(BertConfig(vocab_size=len(tokenizer), hidden_size=width, num_hidden_layers=1, num_attention_heads=2,
                                     intermediate_size=32, max_position_embeddings=64))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


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


def _registered_from(name):
    module = importlib.import_module(name)
    found = [value for value in vars(module).values() if isinstance(value, type) and value.__module__ == name
             and getattr(value, "stage", "") and value.name]
    for cls in found:
        register(cls)
    return module, found


@pytest.fixture
def friendly():
    """Outside components, registered while the test runs."""
    module, classes = _registered_from("outside.friendly")
    yield module
    for cls in classes:
        del all_components()[cls.stage][cls.name]


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
    return static_model(tmp_path_factory.mktemp("static") / "model", TEXTS)


@pytest.fixture(scope="session")
def encoder_folder(tmp_path_factory):
    """Folder of a small transformer of chance weights."""
    return tiny_encoder(tmp_path_factory.mktemp("encoder") / "model", TEXTS)


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
