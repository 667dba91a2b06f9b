"""Subwords that are learned from the training texts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from autotext.components.component import State, register
from autotext.components.tokenizer import Tokenizer
from autotext.components.tokenizer_json import safe_tokenizer
from autotext.space import Choice, Int
from autotext.untrusted import read_json

_LEARNED_FROM = 1_000_000
_UNKNOWN = "<unk>"


@register
class Subwords(Tokenizer):
    """Subwords learned by byte-pair encoding or a unigram language model from the first million characters of training texts.

    Parameters
    ----------
    algorithm : {"bpe", "unigram"}, default="bpe"
        Byte-pair encoding, or a unigram language model.
    size : int, default=8000
        Limit on the number of pieces.

    Notes
    -----
    Sennrich, Haddow & Birch (2016), "Neural machine translation of rare words with subword units", ACL.
    Kudo (2018), "Subword regularization", ACL. Both by the ``tokenizers`` package.

    Examples
    --------
    >>> Subwords(size=300).fit(["low lower lowest"] * 5).transform(["lower"])
    [['▁lower']]
    """

    name = "subwords"
    learns = True
    parameters = {"algorithm": Choice(("bpe", "unigram")), "size": Int(100, 100_000, log=True)}

    def __init__(self, algorithm: str = "bpe", size: int = 8000) -> None:
        self.algorithm = algorithm
        self.size = size

    def fit(self, texts: Sequence[str], y: object = None) -> Subwords:
        """Learn the pieces from training texts."""
        from tokenizers import Tokenizer as Pieces
        from tokenizers import trainers

        trainer = trainers.BpeTrainer if self.algorithm == "bpe" else trainers.UnigramTrainer
        settings: dict[str, Any] = {"vocab_size": self.size, "special_tokens": [_UNKNOWN], "show_progress": False}
        self.pieces_ = self._empty()
        if self.algorithm == "unigram":
            settings["unk_token"] = _UNKNOWN
        self.pieces_.train_from_iterator(_first_characters(texts), trainer=trainer(**settings))
        if self.algorithm == "unigram":
            self.pieces_ = Pieces.from_str(_rounded(self.pieces_.to_str()))
        return self

    def _empty(self) -> Any:
        """Make a tokenizer without pieces."""
        from tokenizers import Tokenizer as Pieces
        from tokenizers import models, pre_tokenizers

        pieces = Pieces(models.BPE(unk_token=_UNKNOWN) if self.algorithm == "bpe" else models.Unigram())
        pieces.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation("isolated")])
        return pieces

    def transform(self, texts: Sequence[str]) -> list[list[str]]:
        """Split each text into pieces."""
        return [encoding.tokens for encoding in self.pieces_.encode_batch([_valid(text) for text in texts])]

    def state(self) -> State:
        """The pieces, in the JSON of the ``tokenizers`` package."""
        return {"tokenizer": self.pieces_.to_str()}, {}

    def set_state(self, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Restore the pieces that `state` gave, and nothing else that the JSON could ask for."""
        saved, document = read_json(learned["tokenizer"].encode())["model"], json.loads(self._empty().to_str())
        document["model"].update({name: saved[name] for name in ("vocab", "merges", "unk_id") if name in document["model"]})
        self.pieces_ = safe_tokenizer(json.dumps(document), len(saved["vocab"]))
        self.pieces_.add_special_tokens([_UNKNOWN])

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), **({"pieces_": self.pieces_.to_str()} if hasattr(self, "pieces_") else {})}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({name: value for name, value in state.items() if name != "pieces_"})
        if "pieces_" in state:
            self.set_state({"tokenizer": state["pieces_"]}, {})


def _rounded(tokenizer: str) -> str:
    """Round the scores of a tokenizer to six decimals, as threads add them up in any order, and JSON loses the last digit."""
    learned = json.loads(tokenizer)
    unknown, *pieces = [(piece, round(score, 6)) for piece, score in learned["model"]["vocab"]]
    learned["model"]["vocab"] = [unknown, *sorted(pieces, key=lambda piece: (-piece[1], piece[0]))]
    return json.dumps(learned)


def _first_characters(texts: Sequence[str]) -> Iterator[str]:
    """Give texts up to a number of characters, beyond which the pieces hardly change and learning them takes minutes."""
    n_left = _LEARNED_FROM
    for text in texts:
        yield _valid(text[:n_left])
        n_left -= len(text)
        if n_left <= 0:
            return


def _valid(text: str) -> str:
    """Replace lone surrogates, which have no form in UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


