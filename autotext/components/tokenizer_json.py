"""Checks of tokenizers in the JSON of the ``tokenizers`` package, before its compiled code builds them.

That code does whatever such JSON says: it doubles a text as often as it is told, takes any amount of memory, or ends the
process. So only the parts of well-known tokenizers are allowed, with bounds on all numbers and lengths.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from autotext.components.charsmap import check_charsmap
from autotext.errors import ComponentError, describe_error, shown
from autotext.untrusted import read_json

Check = Callable[[Any], bool]

_MOST_STEPS = {"normalizer": 64, "pre_tokenizer": 16, "post_processor": 4, "decoder": 16}
_DEEPEST = 4
# Each of these makes a text longer.
_ONCE = ("ByteLevel", "Precompiled")
_MOST_PIECES, _LONGEST_PIECE, _MOST_ADDED, _ADDED_CHARACTERS = 2_000_000, 1000, 20_000, 500_000
# Largest number of nodes of the trie of a unigram model, each of which takes 300 bytes in the compiled code.
_MOST_NODES = 1_200_000
# Factor by which normalizers may lengthen a text; some put a space on both sides of each sign.
_MOST_GROWTH = 16.0
# One character, or one of a class, once or several times: such a pattern never backtracks, and never matches the empty text.
_CLASS = r"\\[sSdDwWnrt]|\\[pP]\{[A-Z][a-z]?\}"
_SIMPLE = re.compile(rf"(?:{_CLASS}|\[\^?(?:{_CLASS}|[^\[\]\\&])+\]|[^\\\[\](){{}}*+?|^$.])(?:\+|\{{[1-9]\d?,?\d?\d?\}})?")
_ENDINGS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_REST = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
# The patterns with which GPT-2, GPT-4 and Llama 3, and Qwen split words.
_TRUSTED_PATTERNS = {r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
                     r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
                     rf"{_ENDINGS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}|{_REST}",
                     rf"{_ENDINGS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}|{_REST}"}


def _text(longest: int, shortest: int = 0) -> Check:
    return lambda value: isinstance(value, str) and shortest <= len(value) <= longest


def _number(low: int, high: int) -> Check:
    return lambda value: type(value) is int and low <= value <= high


def _choice(*values: Any) -> Check:
    return lambda value: isinstance(value, str) and value in values


def _optional(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _pattern(value: Any) -> bool:
    match value:
        case {"String": str(literal), **rest}:
            return 0 < len(literal) <= 64 and not rest
        case {"Regex": str(regex), **rest}:
            return (regex in _TRUSTED_PATTERNS or bool(_SIMPLE.fullmatch(regex))) and not rest
    return False


def _special(value: Any) -> bool:
    """Whether a value is a special token and its number."""
    return isinstance(value, list) and len(value) == 2 and _text(256)(value[0]) and _number(0, 2**31)(value[1])


def _template(value: Any) -> bool:
    """Whether a value is a template: a few places, each for a text or a special token."""
    if not isinstance(value, list) or len(value) > 16:
        return False
    return all(isinstance(place, dict) and len(place) == 1 and {*place} <= {"SpecialToken", "Sequence"}
               and _is({"id": _text(256), "type_id": _number(0, 255)}, next(iter(place.values()))) for place in value)


def _short_list(check: Check) -> Check:
    return lambda value: isinstance(value, list) and len(value) <= 8 and all(map(check, value))


def _template_tokens(value: Any) -> bool:
    """Whether a value says what each special token of a template stands for."""
    checks = {"id": _text(256), "ids": _short_list(_number(0, 2**31)), "tokens": _short_list(_text(256))}
    return isinstance(value, dict) and len(value) <= 64 and all(_is(checks, token) for token in value.values())


def _is(checks: Mapping[str, Check], value: Any) -> bool:
    return isinstance(value, dict) and value.keys() <= checks.keys() and all(checks[key](value[key]) for key in value)


_METASPACE: dict[str, Check] = {
    "replacement": _text(1, 1), "add_prefix_space": _flag, "prepend_scheme": _choice("first", "always", "never"),
    "split": _flag, "str_rep": _text(1, 1)}
_BYTE_LEVEL: dict[str, Check] = dict.fromkeys(("add_prefix_space", "trim_offsets", "use_regex"), _flag)
_BEHAVIOR = _choice("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous")
_PROCESSING: dict[str, Check] = {"sep": _special, "cls": _special}
_ALLOWED: dict[str, dict[str, dict[str, Check]]] = {
    "normalizer": {
        "BertNormalizer": {"clean_text": _flag, "handle_chinese_chars": _flag, "strip_accents": _optional(_flag),
                           "lowercase": _flag},
        "Strip": {"strip_left": _flag, "strip_right": _flag},
        "Replace": {"pattern": _pattern, "content": _text(64)}, "Prepend": {"prepend": _text(256)},
        "Precompiled": {"precompiled_charsmap": _text(2**24)},
        **{name: {} for name in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "ByteLevel")}},
    "pre_tokenizer": {
        "Metaspace": _METASPACE, "ByteLevel": _BYTE_LEVEL, "CharDelimiterSplit": {"delimiter": _text(1, 1)},
        "Split": {"pattern": _pattern, "behavior": _BEHAVIOR, "invert": _flag}, "Punctuation": {"behavior": _BEHAVIOR},
        "Digits": {"individual_digits": _flag},
        **{name: {} for name in ("BertPreTokenizer", "Whitespace", "WhitespaceSplit", "UnicodeScripts")}},
    "post_processor": {
        "TemplateProcessing": {"single": _template, "pair": _template, "special_tokens": _template_tokens},
        "BertProcessing": _PROCESSING, "ByteLevel": _BYTE_LEVEL,
        "RobertaProcessing": {**_PROCESSING, "trim_offsets": _flag, "add_prefix_space": _flag}},
    "decoder": {
        "WordPiece": {"prefix": _text(16), "cleanup": _flag}, "BPEDecoder": {"suffix": _text(16)}, "Metaspace": _METASPACE,
        "ByteLevel": _BYTE_LEVEL, "Replace": {"pattern": _pattern, "content": _text(64)},
        "Strip": {"content": _text(1, 1), "start": _number(0, 16), "stop": _number(0, 16)},
        **{name: {} for name in ("Fuse", "ByteFallback")}},
    "model": {
        "BPE": {"dropout": _optional(lambda value: value == 0), "unk_token": _optional(_text(256)),
                "continuing_subword_prefix": _optional(_text(16)), "end_of_word_suffix": _optional(_text(16)),
                "fuse_unk": _flag, "byte_fallback": _flag, "ignore_merges": _flag},
        "WordPiece": {"unk_token": _text(256), "continuing_subword_prefix": _text(16),
                      "max_input_chars_per_word": _number(1, 200)},
        "WordLevel": {"unk_token": _text(256)},
        "Unigram": {"unk_id": _optional(_number(0, _MOST_PIECES)), "byte_fallback": _flag}},
}  # fmt: skip
_INSIDE = {"normalizer": "normalizers", "pre_tokenizer": "pretokenizers", "post_processor": "processors", "decoder": "decoders"}
_ADDED: dict[str, Check] = {"id": _number(0, 2**31), "content": _text(512),
                            **dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized", "special"), _flag)}


def safe_tokenizer(text: str, n_vectors: int) -> Any:
    """Build the tokenizer of a JSON text after checking it, without padding and truncation.

    Parameters
    ----------
    text : str
        As in ``tokenizer.json``.
    n_vectors : int
        Number of pieces that have a vector.

    Returns
    -------
    tokenizers.Tokenizer

    Raises
    ------
    ComponentError
        The tokenizer has a part that no well-known one has, contradicts itself, or has pieces without a vector.

    Examples
    --------
    >>> from tokenizers import Tokenizer, models
    >>> text = Tokenizer(models.WordLevel({"[UNK]": 0, "good": 1}, unk_token="[UNK]")).to_str()
    >>> safe_tokenizer(text, n_vectors=2).encode("good").ids
    [1]
    >>> safe_tokenizer(text, n_vectors=1)
    Traceback (most recent call last):
    autotext.errors.ComponentError: its tokenizer has 2 pieces, but only 1 vectors
    """
    from tokenizers import Tokenizer

    largest = max(check_tokenizer(text), default=-1)
    if largest >= n_vectors:
        raise ComponentError(f"its tokenizer has {largest + 1:,} pieces, but only {n_vectors:,} vectors")
    try:
        tokenizer = Tokenizer.from_str(text)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the compiled code is no Exception
        raise ComponentError(f"its tokenizer cannot be made: {describe_error(error)}") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    # Added tokens that have no number in the vocabulary were given the next ones.
    largest = max(tokenizer.get_vocab(with_added_tokens=True).values(), default=-1)
    if largest >= n_vectors:
        raise ComponentError(f"its tokenizer has {largest + 1:,} pieces, but only {n_vectors:,} vectors")
    return tokenizer


def check_tokenizer(text: str) -> list[int]:
    """Check that the JSON of a tokenizer has only parts that are allowed.

    Parameters
    ----------
    text : str
        As in ``tokenizer.json``.

    Returns
    -------
    list of int
        Numbers of pieces that the tokenizer may give.

    Raises
    ------
    ComponentError
        The text is not the JSON of a tokenizer, or has a part that is not allowed.

    Examples
    --------
    >>> from tokenizers import Tokenizer, models
    >>> text = Tokenizer(models.WordLevel({"[UNK]": 0, "good": 1}, unk_token="[UNK]")).to_str()
    >>> check_tokenizer(text)
    [0, 1]
    >>> check_tokenizer(text.replace("WordLevel", "Own"))
    Traceback (most recent call last):
    autotext.errors.ComponentError: its tokenizer's model 'Own' is not one of ...
    """
    try:
        document = read_json(text.encode("utf-8", "surrogatepass"))
        added, model = document["added_tokens"] or [], document["model"]
        parts = {kind: list(islice(_flatten(kind, document.get(kind)), most + 1)) for kind, most in _MOST_STEPS.items()}
        _check_added(added)
        ids = [token["id"] for token in added] + [number for part in parts["post_processor"] for number in _ids(part)]
        ids += _check_model(model)
    except ComponentError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ComponentError(f"its tokenizer is not the JSON of one: {describe_error(error)}") from error
    for kind, steps in parts.items():
        if len(steps) > _MOST_STEPS[kind] or sum(step["type"] in _ONCE for step in steps) > 1:
            raise ComponentError(f"its tokenizer's {kind} has more than {_MOST_STEPS[kind]} parts, or repeats one of "
                                 f"{', '.join(_ONCE)}")
    _check_growth(parts["normalizer"])
    return ids


def _check_added(added: Any) -> None:
    if not isinstance(added, list) or len(added) > _MOST_ADDED or not all(_is(_ADDED, token) for token in added):
        raise ComponentError(f"its tokenizer's added_tokens are not up to {_MOST_ADDED:,} tokens")
    if sum(len(token["content"]) for token in added) > _ADDED_CHARACTERS:
        raise ComponentError(f"its tokenizer's added_tokens have more than {_ADDED_CHARACTERS:,} characters")


def _flatten(kind: str, step: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Steps of one kind, such as the normalizers, in the order in which they run."""
    if step is None:
        return
    if depth > _DEEPEST:
        raise ComponentError(f"its tokenizer nests its {kind} more than {_DEEPEST} times")
    name, rest = step["type"], {key: value for key, value in step.items() if key != "type"}
    if name == "Sequence" and rest.keys() == {_INSIDE[kind]}:
        for inside in rest[_INSIDE[kind]]:
            yield from _flatten(kind, inside, depth + 1)
        return
    _check_step(kind, name, rest)
    yield step


def _check_step(kind: str, name: str, settings: Mapping[str, Any]) -> None:
    if name not in _ALLOWED[kind]:
        raise ComponentError(f"its tokenizer's {kind} {name!r:.80} is not one of {', '.join(_ALLOWED[kind])}")
    for key, value in settings.items():
        if key not in _ALLOWED[kind][name] or not _ALLOWED[kind][name][key](value):
            raise ComponentError(f"its tokenizer's {kind} {name} cannot have {key} {shown(value)}")
    if name == "Precompiled":
        check_charsmap(settings["precompiled_charsmap"])


def _check_growth(normalizers: Sequence[Mapping[str, Any]]) -> None:
    """Check that replacements, one after the other, do not make a text many times longer.

    They are followed backwards, to find how long each character may become: those of some patterns, and all others.
    """
    usual, longest = 1.0, dict[str, float]()
    for part in reversed(normalizers):
        if part["type"] != "Replace":
            # This normalizer may turn any character into any other.
            usual, longest = max([usual, *longest.values()]), {}
            continue
        sizes = [sum(longest.get(character, usual) for character in text)
                 for text in (part["content"], unicodedata.normalize("NFKD", part["content"]))]
        if literal := part["pattern"].get("String", ""):
            longest.update({character: max(longest.get(character, usual), max(sizes) / len(literal)) for character in literal})
        else:
            usual, longest = max(usual, *sizes), {character: max(length, *sizes) for character, length in longest.items()}
    if max([usual, *longest.values()]) > _MOST_GROWTH:
        raise ComponentError(f"its tokenizer's normalizers could make a text more than {_MOST_GROWTH:g} times longer")


def _ids(processor: Mapping[str, Any]) -> list[int]:
    """Numbers of the pieces that a post-processor adds to a text."""
    tokens = processor.get("special_tokens", {}).values()
    return [number for token in tokens for number in token["ids"]] + [
        processor[name][1] for name in ("sep", "cls") if name in processor]


def _check_model(model: Mapping[str, Any]) -> list[int]:
    """Check the model of a tokenizer, and give the numbers of its pieces."""
    name, vocab = model.get("type") or _old_type(model), model["vocab"]
    _check_step("model", name, {key: value for key, value in model.items() if key not in ("type", "vocab", "merges")})
    if name == "Unigram":
        return _check_scores(vocab, model.get("unk_id"))
    if not isinstance(vocab, dict) or len(vocab) > _MOST_PIECES:
        raise ComponentError(f"its tokenizer's vocab is not up to {_MOST_PIECES:,} pieces with their numbers")
    numbers = list(vocab.values())
    if not all(map(_number(0, 2**31), numbers)) or max(map(len, vocab), default=0) > _LONGEST_PIECE:
        raise ComponentError("its tokenizer has a piece that is very long, or without a number")
    unknown = model.get("unk_token")
    if unknown is not None and unknown not in vocab:
        raise ComponentError(f"its tokenizer's unk_token {unknown!r:.80} is no piece")
    if name == "BPE":
        _check_merges(model["merges"], vocab, model.get("continuing_subword_prefix") or "")
    return numbers


def _old_type(model: Mapping[str, Any]) -> str:
    """Type of a model that was saved before the JSON named it."""
    if "merges" in model:
        return "BPE"
    if "unk_id" in model:
        return "Unigram"
    return "WordPiece" if "max_input_chars_per_word" in model else "WordLevel"


def _check_merges(merges: Any, vocab: Mapping[str, int], prefix: str) -> None:
    """Check that each merged pair of pieces is itself a piece; otherwise, the compiled code ends the process."""
    for pair in merges:
        left, right = pair.split(" ") if isinstance(pair, str) else pair
        joined = left + right[len(prefix) :]
        if left not in vocab or right not in vocab or joined not in vocab:
            raise ComponentError(f"its tokenizer joins pieces that are not there: {pair!r:.80}")


def _check_scores(vocab: Any, unknown: int | None) -> list[int]:
    if not isinstance(vocab, list) or not 0 < len(vocab) <= _MOST_PIECES or not (unknown or 0) < len(vocab):
        raise ComponentError(f"its tokenizer's vocab is not up to {_MOST_PIECES:,} pieces with their scores")
    for piece, score in vocab:
        if not isinstance(piece, str) or type(score) not in (int, float) or not abs(score) < 1e6 or len(piece) > _LONGEST_PIECE:
            raise ComponentError(f"its tokenizer has a piece without a score that can be: {piece!r:.80}")
    if _nodes([piece for piece, _ in vocab]) > _MOST_NODES:
        raise ComponentError(f"the pieces of its tokenizer make a tree of more than {_MOST_NODES:,} nodes")
    return [len(vocab) - 1]


def _nodes(pieces: Sequence[str]) -> int:
    """Number of nodes of a trie of pieces, one for each byte that two pieces do not share."""
    encoded = sorted(piece.encode("utf-8", "surrogatepass") for piece in pieces)
    total = sum(map(len, encoded))
    return total - sum(map(_common_bytes, encoded, encoded[1:])) if total > _MOST_NODES else total


def _common_bytes(first: bytes, second: bytes) -> int:
    """Number of bytes at the beginning that are equal."""
    return next((place for place, (left, right) in enumerate(zip(first, second, strict=False)) if left != right), len(first))
