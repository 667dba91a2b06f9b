"""Transformers as functions from texts to vectors, run in batches of texts of similar length."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from autotext.components.architectures import checked_config, positions
from autotext.components.component import State
from autotext.components.model_folder import check_finite
from autotext.components.state_checks import whole
from autotext.components.tokenizer_json import safe_tokenizer
from autotext.errors import ComponentError
from autotext.fingerprint import fingerprint
from autotext.silence import temporarily

# Largest batch, and the factor by which one on a GPU is larger.
_TOKENS_AT_ONCE, _TEXTS_AT_ONCE, _ON_GPU = 4096, 64, 4
MOST_TOKENS = 8192
# Number of texts on which half precision is compared with single, and the mean cosine that its vectors must reach.
_TEST_TEXTS, _ALIKE = 16, 0.999
LONGEST_PREFIX = 2000


@dataclass(eq=False)
class Transformer:
    """A transformer encoder whose vector of a text is the mean, or the first, of its last hidden states.

    Parameters
    ----------
    config : dict
        Settings as in ``config.json``, only those of this type of model.
    tokenizer : str
        As in ``tokenizer.json``.
    weights : mapping of str to array
        Weights by the names that transformers gives them.
    pooling : {"mean", "first"}
    prefix : str
        Text that is put before every text.
    most : int
        Number of tokens of a text that are read.
    centred : bool, default=False
        Whether the mean of its numbers is subtracted from a vector before it is scaled to length 1.
    """

    config: dict[str, Any]
    tokenizer: str
    weights: Mapping[str, NDArray[Any]]
    pooling: str
    prefix: str
    most: int
    centred: bool = False

    def pretrained_tokenizer(self, prefixed: bool = False) -> Any:
        """The tokenizer as one of transformers, which optionally adds the prefix itself."""
        from tokenizers import normalizers
        from transformers import PreTrainedTokenizerFast

        pieces = safe_tokenizer(self.tokenizer, self._outline[1])
        if prefixed and self.prefix:
            put = normalizers.Prepend(self.prefix)
            pieces.normalizer = put if pieces.normalizer is None else normalizers.Sequence([put, pieces.normalizer])
        padding = pieces.id_to_token(int(self.config.get("pad_token_id") or 0))
        return PreTrainedTokenizerFast(tokenizer_object=pieces, model_max_length=self.most, pad_token=padding,
                                       model_input_names=["input_ids", "attention_mask"])

    def state(self) -> State:
        """The whole transformer, as JSON and arrays."""
        return ({"config": self.config, "tokenizer": self.tokenizer, "pooling": self.pooling, "prefix": self.prefix,
                 "most": self.most, "centred": self.centred}, dict(self.weights))

    @classmethod
    def from_state(cls, learned: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Transformer:
        """Restore a transformer from what `state` gave, after checking it; the same arrays give the same object."""
        key = (fingerprint(dict(learned)), tuple((name, id(array)) for name, array in sorted(arrays.items())))
        if key in _FROM_STATE:
            return _FROM_STATE[key]
        config = checked_config(learned["config"])
        if learned["pooling"] not in ("mean", "first") or not len(str(learned["prefix"])) <= LONGEST_PREFIX:
            raise ComponentError("its pooling or prefix is not legal")
        most = min(whole(learned, "most", 1, MOST_TOKENS), positions(config))
        transformer = cls(config, str(learned["tokenizer"]), arrays, learned["pooling"], str(learned["prefix"]), most,
                          learned.get("centred", False) is True)
        _check_shapes(transformer)
        _FROM_STATE[key] = transformer
        return transformer

    @cached_property
    def _outline(self) -> tuple[dict[str, tuple[int, ...]], int]:
        """Shapes that its arrays must have, and the number of pieces with a vector; see `outline`."""
        return outline(self.config)

    @cached_property
    def width(self) -> int:
        """Length of a vector."""
        return int(next(self.config[name] for name in ("hidden_size", "dim", "emb_dim") if name in self.config))

    @cached_property
    def size(self) -> int:
        """Number of weights, where those of a layer that is repeated count each time."""
        times = self.config["num_hidden_layers"] if "num_hidden_groups" in self.config else 1
        return times * sum(array.size for array in self.weights.values())

    @cached_property
    def _pieces(self) -> Any:
        pieces = safe_tokenizer(self.tokenizer, self._outline[1])
        pieces.enable_truncation(self.most)
        return pieces

    def network(self, shares_weights: bool = False) -> Any:
        """Make a torch module in single precision; it may share the memory of `weights`, for use without training."""
        import torch

        model = _unfitted(self.config)
        weights = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in self.weights.items()}
        model.load_state_dict(weights, assign=shares_weights)
        if (place := device()) == "cuda":
            # It is read once, and training that gives the same every time needs it.
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        return model.eval().to(place)

    @cached_property
    def _single(self) -> Any:
        return self.network(shares_weights=True)

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Numbers of the tokens of each text, cut to the length that is read."""
        valid = [self.prefix + text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        return [encoding.ids for encoding in self._pieces.encode_batch(valid)]

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of texts, of length 1; shape (n_texts, width)."""
        return self.vectors(self.tokens(texts))

    def vectors(self, tokens: Sequence[list[int]], *, exact: bool = False) -> NDArray[np.float32]:
        """Vectors of tokenized texts, of length 1; shape (n_texts, width). Exact ones are computed in single precision."""
        if exact:
            return self._encode(self.network(), tokens)
        vectors = self._encode(self._model(tokens), tokens)
        if not np.isfinite(vectors).all():
            # Numbers of these texts are too large for half precision.
            self._chosen = self._single
            vectors = self._encode(self._chosen, tokens)
        return vectors

    def forward(self, model: Any, tokens: Sequence[list[int]]) -> Any:
        """Vectors of one batch of tokenized texts, of length 1, as a tensor that can be differentiated."""
        import torch

        longest = max(1, max(map(len, tokens)))
        ids, mask = (torch.zeros((len(tokens), longest), dtype=torch.long) for _ in range(2))
        for row, numbers in enumerate(tokens):
            ids[row, : len(numbers)] = torch.tensor(numbers, dtype=torch.long)
            mask[row, : len(numbers)] = 1
        ids, mask = ids.to(model.device), mask.to(model.device)
        hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        pooled = hidden[:, 0] if self.pooling == "first" else (hidden * mask[:, :, None]).sum(dim=1)
        if self.centred:
            pooled = pooled - pooled.mean(dim=1, keepdim=True)
        return torch.nn.functional.normalize(pooled, dim=1)

    def _model(self, tokens: Sequence[list[int]]) -> Any:
        """The model, in half precision where the processor supports it and the vectors hardly change."""
        if getattr(self, "_device", None) != (place := device()):
            self.__dict__.pop("_single", None)
            self._device, self._chosen = place, self._single
            half = half_precision()
            if half is not None and tokens:
                changed = _converted(self._single, half)
                tested = tokens[:_TEST_TEXTS]
                cosines = (self._encode(changed, tested) * self._encode(self._single, tested)).sum(axis=1)
                if cosines.mean() >= _ALIKE:
                    self._chosen = changed
                    del self._single
        return self._chosen

    def _encode(self, model: Any, tokens: Sequence[list[int]]) -> NDArray[np.float32]:
        import torch

        vectors = np.zeros((len(tokens), self.width), dtype=np.float32)
        factor = _ON_GPU if model.device.type == "cuda" else 1
        with torch.inference_mode(), many_shapes():
            for rows in _batches([len(numbers) for numbers in tokens], factor):
                vectors[rows] = self.forward(model, [tokens[row] for row in rows]).cpu().numpy()
        return vectors


# A transformer keeps its arrays alive, so that their ids are unique as long as it is in this dict.
_FROM_STATE: WeakValueDictionary[Any, Transformer] = WeakValueDictionary()


def _check_shapes(transformer: Transformer) -> None:
    """Check that a transformer of a saved state has the arrays that its settings need, and a tokenizer that fits them."""
    if transformer._outline[0] != {name: array.shape for name, array in transformer.weights.items()}:
        raise ComponentError("its arrays do not have the shapes of its configuration")
    if any(array.dtype != np.float32 for array in transformer.weights.values()):
        raise ComponentError("its arrays are not all of 32-bit numbers")
    for name, array in transformer.weights.items():
        check_finite(name, array)
    # The tokenizer is built last, after all other checks.
    _ = transformer._pieces


def _batches(lengths: Sequence[int], factor: int = 1) -> Iterator[list[int]]:
    """Group rows of similar length into batches of bounded size."""
    most_texts, most_tokens = factor * _TEXTS_AT_ONCE, factor * _TOKENS_AT_ONCE
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda row: (lengths[row], row)):
        if batch and (len(batch) >= most_texts or (len(batch) + 1) * lengths[row] > most_tokens):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def device() -> str:
    """Where transformers run: on the GPU if there is one that this process can use, else on the processor.

    Examples
    --------
    >>> device() in ("cuda", "cpu")
    True
    """
    import torch

    # A process that was forked from one that had used the GPU cannot use it.
    return "cuda" if torch.cuda.is_available() and not torch.cuda._is_in_bad_fork() else "cpu"


@contextmanager
def many_shapes() -> Iterator[None]:
    """Run batches of many shapes in a block, without what is compiled anew for each, and with a usual error for full memory.

    Raises
    ------
    MemoryError
        The GPU has too little free memory.
    """
    import torch

    cuda = torch.backends.cuda
    try:
        # The attention of cuDNN is compiled for each shape, which takes longer than everything else.
        with temporarily(cuda.cudnn_sdp_enabled, cuda.enable_cudnn_sdp, False):
            yield
    except torch.OutOfMemoryError as error:
        raise MemoryError(f"the GPU has too little free memory: {error}") from error


def half_precision() -> Any:
    """The torch type of half precision that is fast on this machine; None if there is none."""
    import torch

    if device() == "cuda":
        # Older GPUs emulate bfloat16, which is slow.
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    capable = torch.cpu.get_capabilities()
    return torch.bfloat16 if capable.get("amx_tile") or capable.get("avx512_bf16") else None


def config_of_transformers(config: Mapping[str, Any]) -> Any:
    """Convert the settings of a transformer to a configuration object of transformers.

    Parameters
    ----------
    config : mapping of str to object
        As in ``config.json``, with ``model_type``.

    Examples
    --------
    >>> config_of_transformers({"model_type": "bert", "hidden_size": 32}).hidden_size
    32
    """
    from transformers import AutoConfig

    settings = dict(config)
    return AutoConfig.for_model(settings.pop("model_type"), **settings)


def _unfitted(config: Mapping[str, Any]) -> Any:
    from transformers import AutoModel

    return AutoModel.from_config(config_of_transformers(config), trust_remote_code=False)


def outline(config: Mapping[str, Any]) -> tuple[dict[str, tuple[int, ...]], int]:
    """Shapes of the arrays of a transformer with some settings, and its number of pieces; no array is made.

    Parameters
    ----------
    config : mapping of str to object
        As in ``config.json``, with ``model_type``.

    Examples
    --------
    >>> config = {"model_type": "bert", "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 50}
    >>> shapes, n_pieces = outline(config)
    >>> shapes["embeddings.word_embeddings.weight"], n_pieces
    ((50, 32), 50)
    """
    import torch

    with torch.device("meta"):
        model = _unfitted(config)
    return {name: tuple(value.shape) for name, value in model.state_dict().items()}, len(model.get_input_embeddings().weight)


def _converted(model: Any, half: Any) -> Any:
    """Copy a module in half precision, without a copy in single precision in between."""
    import copy

    import torch

    changed: dict[int, Any] = {id(value): torch.nn.Parameter(value.detach().to(half), requires_grad=False)
                               for value in model.parameters()}
    changed.update({id(value): value.to(half) for value in model.buffers() if value.is_floating_point()})
    return copy.deepcopy(model, changed)


@contextmanager
def silence_transformers() -> Iterator[None]:
    """Silence the progress bars and the advice of transformers while a block runs."""
    from transformers.utils import logging

    def show_progress(shown: bool) -> None:
        (logging.enable_progress_bar if shown else logging.disable_progress_bar)()

    with (temporarily(logging.is_progress_bar_enabled, show_progress, False),
          temporarily(logging.get_verbosity, logging.set_verbosity, logging.ERROR)):
        yield
