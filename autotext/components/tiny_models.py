"""Tiny pretrained models with random weights, for tests of components that read such models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

SAMPLE_TEXTS = ("The film was good, really good!", "A bad film and a bad evening.", "정말 좋은 영화였습니다",
                "배송이 너무 느려요", "这家餐厅的菜很好吃。", "अच्छा", "этот фильм хороший", "see https://a.b/c at 12:30 😀")
"""Texts in several scripts, from which the tokenizers of these models are trained."""


def write_tiny_static_model(folder: Path, texts: Sequence[str] = SAMPLE_TEXTS, width: int = 16) -> str:
    """Write a tiny static embedding model in the format of model2vec.

    Parameters
    ----------
    folder : Path
        Made if it does not exist.
    texts : sequence of str, optional
        The tokenizer is trained on these.
    width : int, default=16
        Length of a vector.

    Returns
    -------
    str
        The folder.

    Examples
    --------
    >>> import tempfile
    >>> from autotext.components import component
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     feature = component("features", "static_embedding")(model=write_tiny_static_model(Path(folder)))
    ...     feature.count(["a good film"]).matrix.shape
    (1, 16)
    """
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    folder.mkdir(parents=True, exist_ok=True)
    pieces = Tokenizer(models.BPE())
    pieces.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=400, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    pieces.train_from_iterator(texts, trainer)
    pieces.save(str(folder / "tokenizer.json"))
    vectors = np.random.default_rng(0).normal(size=(pieces.get_vocab_size(), width)).astype(np.float32)
    save_file({"embeddings": vectors}, folder / "model.safetensors")
    return str(folder)


def write_tiny_transformer(folder: Path, texts: Sequence[str] = SAMPLE_TEXTS, width: int = 16) -> str:
    """Write a tiny transformer of one layer in the format of transformers.

    Parameters
    ----------
    folder : Path
    texts : sequence of str, optional
        The tokenizer is trained on these.
    width : int, default=16
        Length of a vector.
    """
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
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
