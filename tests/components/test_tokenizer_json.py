"""Tokenizers from anyone: well-known ones are made as they are, all others are refused before compiled code sees them."""

import base64
import copy
import json
from importlib.resources import files

import numpy as np
import pytest
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from autotext.components import component
from autotext.components.charsmap import check_charsmap
from autotext.components.tokenizer_json import check_tokenizer, safe_tokenizer
from autotext.errors import ComponentError

TEXTS = ["The film was great!", "영화가 정말  좋았다", "한국어 ½ ﷺ", "<s> don't", "", "naïve 12,000"]
PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
GPT_2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA_3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"
           r"\s+(?!\S)|\s+")


def charsmap(replacements):
    """Table of sentencepiece that replaces single bytes: a double array of a root and its children."""
    texts, units = b"", np.zeros(1024, dtype="<u4")
    # The root leads to 256 units, each of these to a leaf beside it.
    units[0] = (256 >> 8) << 10 | 512
    for byte, text in replacements.items():
        place = 256 ^ ord(byte)
        leaf = 512 ^ place
        units[place] = ((place ^ leaf) >> 8) << 10 | 512 | 256 | ord(byte)
        units[leaf] = len(texts) | 1 << 31
        texts += text.encode() + b"\0"
    return len(units.tobytes()).to_bytes(4, "little") + units.tobytes() + texts


def words(**parts):
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0, "film": 1, "▁film": 2}, unk_token="<unk>"))
    for name, part in parts.items():
        setattr(tokenizer, name, part)
    return tokenizer


def bert():
    tokenizer = Tokenizer(models.WordPiece({"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "film": 3, "##s": 4}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
                                                             special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(["[CLS]", "[SEP]"])
    tokenizer.enable_padding(length=128)
    tokenizer.enable_truncation(128)
    return tokenizer


def roberta():
    vocab = {piece: number for number, piece in enumerate(["<s>", "</s>", "<unk>", *pre_tokenizers.ByteLevel.alphabet(), "Ġf"])}
    tokenizer = Tokenizer(models.BPE(vocab, [("Ġ", "f")], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0))
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def unigram(*extra):
    tokenizer = Tokenizer(models.Unigram([("<s>", 0.0), ("<unk>", 0.0), ("▁", -1.0), ("▁film", -2.0), ("e", -3.0)], unk_id=1))
    table = normalizers.Precompiled(charsmap({"A": "a", "Z": "zz"}))
    tokenizer.normalizer = normalizers.Sequence([table, *extra, normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer


def llama():
    vocab = {"<unk>": 0, "▁": 1, "f": 2, "▁f": 3, **{f"<0x{byte:02X}>": 4 + byte for byte in range(256)}}
    tokenizer = Tokenizer(models.BPE(vocab, [("▁", "f")], unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    tokenizer.decoder = decoders.Sequence(steps)
    return tokenizer


def of_package(name, path):
    return Tokenizer.from_str((files(name) / path).read_text("utf-8"))


KNOWN = {
    "wordllama": lambda: of_package("wordllama", "tokenizers/l2_supercat_tokenizer_config.json"),
    "bert": bert,
    "roberta": roberta,
    "xlm-roberta": unigram,
    "albert": lambda: unigram(normalizers.Replace("``", '"'), normalizers.NFKD(), normalizers.StripAccents(),
                              normalizers.Lowercase()),
    "model2vec": lambda: unigram(*(normalizers.Replace(sign, f" {sign} ") for sign in PUNCTUATION),
                                 normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()),
    "llama": llama,
    "gpt-2": lambda: words(pre_tokenizer=pre_tokenizers.Split(Regex(GPT_2), "isolated")),
    "llama 3": lambda: words(pre_tokenizer=pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(LLAMA_3), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])),
    "gemma": lambda: words(normalizer=normalizers.Replace(" ", "▁"),
                           pre_tokenizer=pre_tokenizers.Split(" ", "merged_with_previous")),
    "signs": lambda: words(pre_tokenizer=pre_tokenizers.Sequence([
        pre_tokenizers.Punctuation("isolated"), pre_tokenizers.Digits(True), pre_tokenizers.UnicodeScripts()])),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_well_known_tokenizers_are_made_as_they_are(name):
    original = KNOWN[name]()
    text = original.to_str()
    original.no_padding()
    original.no_truncation()
    made = safe_tokenizer(text, original.get_vocab_size())
    for sentence in TEXTS:
        assert made.encode(sentence).tokens == original.encode(sentence).tokens
    assert made.to_str() == original.to_str()


@pytest.mark.parametrize("algorithm", ["bpe", "unigram"])
def test_those_that_are_learned_here_are_made_as_they_are(algorithm):
    tokenizer = component("tokenizer", "subwords")(algorithm=algorithm, size=300).fit(TEXTS * 20)
    restored = component("tokenizer", "subwords")(algorithm=algorithm, size=300)
    restored.set_state(*tokenizer.state())
    assert restored.transform(TEXTS) == tokenizer.transform(TEXTS)


def replace(pattern, content):
    return {"type": "Replace", "pattern": pattern, "content": content}


def sequence(kind, *parts):
    inside = {"normalizer": "normalizers", "pre_tokenizer": "pretokenizers", "post_processor": "processors"}[kind]
    return {kind: {"type": "Sequence", inside: list(parts)}}


def nested(depth):
    part = {"type": "NFC"}
    for _ in range(depth):
        part = {"type": "Sequence", "normalizers": [part]}
    return {"normalizer": part}


def precompiled(data):
    return {"normalizer": {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(data).decode()}}


def template(places, ids):
    return {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "x", "type_id": 0}}] * places, "pair": [],
            "special_tokens": {"x": {"id": "x", "ids": [0] * ids, "tokens": ["x"] * ids}}}


def split(pattern):
    return {"pre_tokenizer": {"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": False}}


TABLE = charsmap({"A": "a"})
HOSTILE = {
    "growing": (sequence("normalizer", *[replace({"String": "e"}, "ee")] * 30), "16 times longer"),
    "growing in turns": (sequence("normalizer", *[replace({"String": "a"}, "bbbb"), replace({"String": "b"}, "aaaa")] * 2),
                         "16 times longer"),
    "growing by regex": (sequence("normalizer", *[replace({"Regex": r"\w"}, "aaaa")] * 3), "16 times longer"),
    "growing by a ligature": (sequence("normalizer", replace({"String": "a"}, "ﷺ"), {"type": "NFKD"}), "16 times longer"),
    "growing at once": ({"normalizer": replace({"String": "a"}, "a" * 65)}, "Replace cannot have content"),
    "growing bytes": (sequence("pre_tokenizer", *[{"type": "ByteLevel", "use_regex": False}] * 2), "repeats one of ByteLevel"),
    "an empty text": ({"normalizer": replace({"String": ""}, "x")}, "Replace cannot have pattern"),
    "an empty regex": ({"normalizer": replace({"Regex": ""}, "x")}, "Replace cannot have pattern"),
    "a regex that fits nothing": ({"normalizer": replace({"Regex": "a*"}, "x")}, "Replace cannot have pattern"),
    "a regex that never ends": (split({"Regex": "(a+)+$"}), "Split cannot have pattern"),
    "a regex with repeats": (split({"Regex": "[a-z]+[a-z]+[a-z]+!"}), "Split cannot have pattern"),
    "a table of 8 GB": (precompiled(b"\xfc\xff\xff\xff" + TABLE[4:]), "longer than its data"),
    "an empty table": (precompiled(b""), "longer than its data"),
    "a table that leads outside": (precompiled(TABLE[:4] + b"\xff\xff\xff\x7f" + TABLE[8:]), "leads outside itself"),
    "a table of no texts": (precompiled(TABLE + b"\xff"), "leads to what is no text"),
    "a table to a long text": (precompiled(charsmap({"A": "a" * 65})), "or to a long one"),
    "a table outside its texts": (precompiled(TABLE[:-2]), "leads outside its texts"),
    "no base64": ({"normalizer": {"type": "Precompiled", "precompiled_charsmap": "?"}}, "no base64"),
    "many normalizers": (sequence("normalizer", *[{"type": "NFC"}] * 65), "more than 64 parts"),
    "many pre-tokenizers": (sequence("pre_tokenizer", *[{"type": "Whitespace"}] * 5000), "more than 16 parts"),
    "many post-processors": (sequence("post_processor", *[template(1, 1)] * 5), "more than 4 parts"),
    "nested normalizers": (nested(6), "nests its normalizer"),
    "a long template": ({"post_processor": template(10**5, 1)}, "TemplateProcessing cannot have single"),
    "a template of many pieces": ({"post_processor": template(1, 10**5)}, "TemplateProcessing cannot have special_tokens"),
    "a long beginning": ({"normalizer": {"type": "Prepend", "prepend": "a" * 10**6}}, "Prepend cannot have prepend"),
    "an unknown normalizer": ({"normalizer": {"type": "Run", "code": "1"}}, "normalizer 'Run' is not one of Bert"),
    "an unknown setting": ({"normalizer": {"type": "NFC", "again": True}}, "NFC cannot have again"),
    "an unknown model": ({"model": {"type": "Python", "vocab": {}}}, "model 'Python' is not one of BPE"),
    "many added tokens": ({"added_tokens": [{"id": 0, "content": "a"}] * 20_001}, "added_tokens are not up to"),
    "a long added token": ({"added_tokens": [{"id": 0, "content": "a" * 513}]}, "added_tokens are not up to"),
    "an added token far outside": ({"added_tokens": [{"id": 10**9, "content": "a"}]}, "1,000,000,001 pieces, but only 3"),
    "a piece far outside": ({"model": {"type": "WordLevel", "unk_token": "a", "vocab": {"a": 2**31}}}, "2,147,483,649 pieces"),
    "a piece that is no number": ({"model": {"type": "WordLevel", "unk_token": "a", "vocab": {"a": True}}}, "without a number"),
    "unknown pieces of no piece": ({"model": {"type": "WordLevel", "unk_token": "b", "vocab": {"a": 0}}}, "'b' is no piece"),
    "long words": ({"model": {"type": "WordPiece", "unk_token": "a", "continuing_subword_prefix": "##", "vocab": {"a": 0},
                              "max_input_chars_per_word": 10**9}}, "cannot have max_input_chars_per_word"),
    "chance": ({"model": {"type": "BPE", "dropout": 0.5, "vocab": {"a": 0}, "merges": []}}, "cannot have dropout"),
    "pairs of nothing": ({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [["q", "q"]]}}, "joins pieces that are not"),
    "scores without end": ({"model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", 1e300]]}}, "without a score"),
    "a wrong unknown piece": ({"model": {"type": "Unigram", "unk_id": 1, "vocab": [["a", 0.0]]}}, "vocab is not up to"),
    "padding": ({"padding": {"strategy": {"Fixed": 10**11}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0,
                             "pad_type_id": 0, "pad_token": "x"}}, ""),
    "no model": ({"model": None}, "is not the JSON of one"),
    "a list": ({"normalizer": []}, "is not the JSON of one"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_no_well_known_tokenizer_asks_for_is_refused(name):
    change, said = HOSTILE[name]
    document = {**json.loads(words().to_str()), **copy.deepcopy(change)}
    if not said:
        assert len(safe_tokenizer(json.dumps(document), 3).encode("film").ids) == 1
        return
    with pytest.raises(ComponentError, match=said) as raised:
        safe_tokenizer(json.dumps(document), 3)
    assert str(raised.value).startswith(("its tokenizer", "the pieces of its", "a table of"))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ["", "[" * 10**5, "5", "[]", "{}", '{"model": 1, "model": 2}',
                                  '{"added_tokens": 5, "model": {}}',
                                  '{"added_tokens": [], "model": {"type": ["BPE"], "vocab": {}}}'])  # fmt: skip
def test_what_is_no_tokenizer_is_refused(text):
    with pytest.raises(ComponentError, match="its tokenizer"):
        safe_tokenizer(text, 3)


def test_a_tree_of_pieces_that_share_nothing_is_refused():
    rng = np.random.default_rng(0)
    pieces = ["".join(map(chr, rng.integers(97, 123, size=900))) for _ in range(1500)]
    document = json.loads(unigram().to_str())
    document["model"]["vocab"] = [["<unk>", 0.0], ["a", 0.0], *([piece, -1.0] for piece in pieces)]
    with pytest.raises(ComponentError, match="a tree of more than 1,200,000 nodes"):
        check_tokenizer(json.dumps(document))
    # Those that begin alike make no larger tree.
    document["model"]["vocab"] = [["<unk>", 0.0], ["a", 0.0], *(["a" * 900 + str(number), -1.0] for number in range(1500))]
    check_tokenizer(json.dumps(document))


def test_tables_that_are_let_through_never_fail():
    assert normalizers.Precompiled(charsmap({"A": "a", "Z": "zz"})).normalize_str("AZA!") == "azza!"
    rng, table = np.random.default_rng(0), charsmap({chr(code): chr(code + 1) * (code % 5) for code in range(65, 90)})
    refused = 0
    for _ in range(300):
        changed = bytearray(table)
        for place in rng.integers(4, len(table), size=3):
            changed[place] = rng.integers(256)
        try:
            check_charsmap(base64.b64encode(changed).decode())
        except ComponentError:
            refused += 1
            continue
        normalizer = normalizers.Precompiled(bytes(changed))
        for _ in range(20):
            normalizer.normalize_str("".join(map(chr, rng.integers(32, 0x3000, size=20))))
    assert 30 < refused < 270
