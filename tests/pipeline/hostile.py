"""Generators of hostile pipelines: a saved one is changed at random and sealed, so that its checksums are right."""

import base64
import json
import os
import shutil

import numpy as np
from pipeline.tampering import mutate, path_of, seal

from autotext.pipeline.folders import FILES, MANIFEST
from autotext.untrusted import packed, read_arrays

NUMBERS = (-1, 0, 1, 2, 3, 255, 256, 10**4, 10**6, 10**9, 2**31, 2**32 - 1, 2**63, 10**30, 0.5, 1e308, -1e308)
TEXTS = ("", "x", "a" * 10**5, "../x", "/dev/zero", "owner/repo", "https://example.org/x", "\ud83d", "\0",
         "kernels-community/x")
OTHERS = (None, True, False, [], {}, [[]], {"a": 1}, [1] * 1000)
REGEXES = ("", "a*", "(a+)+$", "(a|aa)+$", "(.*)*x", "[a-z]+[a-z]+[a-z]+!", r"(\w+\s?)*!", "(?=a*)", "^", "$", r"\b",
           "a{1,50000}", "(((a{1,100}){1,100}){1,100})", "(", r"\p{L}+", r"\s+", " {2,}", "[^a]", r"(?<=a{1,9}).")


def anything(rng):
    kind = (NUMBERS, TEXTS, OTHERS)[rng.integers(3)]
    return kind[rng.integers(len(kind))]


def pick(rng, values):
    return values[rng.integers(len(values))]


# What tokenizers are made of, with numbers and texts that no good one has.


def _pattern(rng):
    if rng.random() < 0.5:
        return {"Regex": pick(rng, REGEXES)}
    return {"String": pick(rng, ("", " ", "a", "e", "aa", "film", "a" * 10**4))}


def _charsmap(rng):
    units = rng.integers(0, 2**32, size=pick(rng, (1, 16, 256, 1024)), dtype=np.uint64).astype("<u4")
    if rng.random() < 0.5:
        # Leads to a neighbour, so that more of it is walked.
        units = units & 0x800003FF | (rng.integers(0, 4, size=len(units)).astype("<u4") << 10)
    size = pick(rng, (units.nbytes, units.nbytes, 0, 3, 2**31, 2**32 - 4))
    return base64.b64encode(int(size).to_bytes(4, "little") + units.tobytes() + b"a\0b\0" * int(rng.integers(9))).decode()


def _normalizer(rng):
    return pick(rng, (
        {"type": "Replace", "pattern": _pattern(rng), "content": pick(rng, ("", "a", "ee", "aa", "ﷺ", " a ", "a" * 10**4))},
        {"type": "Prepend", "prepend": pick(rng, ("", "a", "a" * 10**6))},
        {"type": "Precompiled", "precompiled_charsmap": _charsmap(rng)},
        {"type": pick(rng, ("NFC", "NFKD", "NFKC", "Lowercase", "StripAccents", "Nmt", "ByteLevel", "Evil"))},
        {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
        {"type": "Strip", "strip_left": True, "strip_right": True}))


def _pre_tokenizer(rng):
    return pick(rng, (
        {"type": "Split", "pattern": _pattern(rng), "behavior": pick(rng, ("Isolated", "Removed", "MergedWithNext", "X")),
         "invert": bool(rng.integers(2))},
        {"type": "Metaspace", "replacement": pick(rng, ("▁", "", "ab")), "prepend_scheme": "always", "split": True},
        {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": bool(rng.integers(2))},
        {"type": "Digits", "individual_digits": True}, {"type": "Punctuation", "behavior": "Isolated"},
        {"type": "CharDelimiterSplit", "delimiter": pick(rng, ("a", "", "ab"))},
        {"type": "FixedLength", "length": pick(rng, NUMBERS)},
        {"type": pick(rng, ("Whitespace", "WhitespaceSplit", "UnicodeScripts", "BertPreTokenizer", "Evil"))}))


def _post_processor(rng):
    places, ids = int(pick(rng, (1, 2, 16, 10**4))), int(pick(rng, (0, 1, 8, 10**4)))
    number = pick(rng, NUMBERS)
    template = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "x", "type_id": 0}}] * places
                + [{"Sequence": {"id": "A", "type_id": 0}}], "pair": [], "special_tokens": {
                    "x": {"id": "x", "ids": [number] * ids, "tokens": ["x"] * ids}}}
    return pick(rng, (template, {"type": "BertProcessing", "sep": ["x", number], "cls": ["x", 0]},
                       {"type": "RobertaProcessing", "sep": ["x", 0], "cls": ["x", number], "trim_offsets": True,
                        "add_prefix_space": True}, {"type": "Evil"}))


def _parts(rng, make, inside):
    """One part, many, or many in each other."""
    parts = [make(rng) for _ in range(int(pick(rng, (1, 1, 2, 3, 8, 40))))]
    if rng.random() < 0.2:
        parts *= int(pick(rng, (10, 1000)))
    whole = parts[0] if len(parts) == 1 else {"type": "Sequence", inside: parts}
    for _ in range(int(pick(rng, (0, 0, 0, 1, 50)))):
        whole = {"type": "Sequence", inside: [whole]}
    return whole


def _model(rng, model):
    kind, vocab = model.get("type"), model.get("vocab")
    size = int(pick(rng, (10, 1000, 30_000)))
    words = {f"w{number}": number for number in range(size)}
    return pick(rng, (
        {**model, "vocab": {**words, **vocab} if isinstance(vocab, dict) else [*vocab, ["x", anything(rng)]]},
        {"type": "WordLevel", "unk_token": pick(rng, ("w0", "none")), "vocab": {**words, "x": pick(rng, NUMBERS)}},
        {"type": "WordPiece", "unk_token": "w0", "continuing_subword_prefix": pick(rng, ("##", "a" * 1000)), "vocab": words,
         "max_input_chars_per_word": pick(rng, NUMBERS)},
        {"type": "Unigram", "unk_id": anything(rng), "byte_fallback": True, "vocab": [[word, -1.0] for word in words]},
        {"type": "BPE", "vocab": words, "merges": [["w0", "w1"]], "dropout": anything(rng)},
        {**model, pick(rng, sorted({*model, "type"})): anything(rng)}, {"type": pick(rng, ("Evil", kind))}))


def tokenizer_document(rng, document):
    """A tokenizer with one or two of its parts changed."""
    changed = json.loads(json.dumps(document))
    for _ in range(int(rng.integers(1, 3))):
        how = int(rng.integers(7))
        if how == 0:
            changed["normalizer"] = _parts(rng, _normalizer, "normalizers")
        elif how == 1:
            changed["pre_tokenizer"] = _parts(rng, _pre_tokenizer, "pretokenizers")
        elif how == 2:
            changed["post_processor"] = _parts(rng, _post_processor, "processors")
        elif how == 3:
            changed["model"] = _model(rng, document["model"])
        elif how == 4:
            token = {"id": pick(rng, NUMBERS), "content": pick(rng, TEXTS), "single_word": False, "lstrip": True,
                     "rstrip": True, "normalized": bool(rng.integers(2)), "special": bool(rng.integers(2))}
            changed["added_tokens"] = [*(document["added_tokens"] or []), *[token] * int(pick(rng, (1, 100, 30_000)))]
        elif how == 5:
            changed["padding"] = {"strategy": {"Fixed": pick(rng, NUMBERS)}, "direction": "Right", "pad_to_multiple_of": None,
                                  "pad_id": 0, "pad_type_id": 0, "pad_token": "x"}
            changed["truncation"] = {"max_length": pick(rng, NUMBERS), "strategy": "LongestFirst",
                                     "stride": pick(rng, NUMBERS)}
        else:
            changed[pick(rng, sorted(changed))] = anything(rng)
    return changed


def tokenizer(folder, rng):
    """Change the tokenizer of a component that has one."""
    state = json.loads(path_of(folder, "state.json").read_bytes())
    learned = [part["learned"] for part in state["components"] if "tokenizer" in part["learned"]]
    if not learned:
        return mutate(folder, rng)
    chosen = pick(rng, learned)["tokenizer"]
    changed = json.dumps(tokenizer_document(rng, json.loads(chosen)))
    # The members of an ensemble have it in common.
    for part in learned:
        part["tokenizer"] = changed if part["tokenizer"] == chosen else part["tokenizer"]
    seal(folder, state=json.dumps(state).encode())
    return f"tokenizer {changed[:120]}"


SETTINGS = ("num_labels", "n_layer", "num_hidden_layers", "depths", "num_experts", "backbone", "auto_map",
            "hidden_size", "dtype", "vocab_size", "max_position_embeddings", "attn_implementation",
            "_attn_implementation", "quantization_config", "num_attention_heads", "intermediate_size", "hidden_act",
            "is_decoder", "add_cross_attention", "type_vocab_size", "pad_token_id", "rope_parameters", "layer_types",
            "id2label", "use_kernels", "chunk_size_feed_forward", "torch_dtype", "pruned_heads", "base_model_tp_plan",
            "sinusoidal_pos_embds", "num_hidden_groups", "inner_group_num", "n_layers")


def config(folder, rng):
    """Change the configuration of a transformer."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    state = json.loads(path_of(folder, "state.json").read_bytes())
    learned = [part["learned"] for part in state["components"] if "config" in part["learned"]]
    if not learned:
        return mutate(folder, rng)
    chosen, said = pick(rng, learned), []
    same = [part for part in learned if part == chosen]
    for _ in range(int(rng.integers(1, 4))):
        name = pick(rng, (*SETTINGS, *sorted(chosen["config"])))
        value = pick(rng, sorted(CONFIG_MAPPING_NAMES)) if name == "model_type" or rng.random() < 0.2 else anything(rng)
        value = [value] if name == "depths" else {"AutoModel": value} if name == "auto_map" else value
        chosen["config"]["model_type" if isinstance(value, str) and value in CONFIG_MAPPING_NAMES else name] = value
        said.append(f"{name} {value!r:.40}")
    for name in ("most", "pooling", "prefix", "centred"):
        if rng.random() < 0.1:
            chosen[name] = anything(rng)
    for part in same:
        part.update(chosen)
    seal(folder, state=json.dumps(state).encode())
    return "config " + ", ".join(said)


def json_text(folder, rng):
    """Write JSON that no writer would write."""
    name = pick(rng, ("manifest", "state", "report"))
    text = path_of(folder, f"{name}.json").read_text("utf-8").rstrip()
    deep = int(pick(rng, (10, 500, 990, 10**5)))
    value = pick(rng, ("NaN", "-Infinity", "1e999", "9" * 4000, "9" * 10**5, "[" * deep + "]" * deep,
                        '{"a":' * deep + "1" + "}" * deep,
                        '"\\ud800"', '{"a": 1, "a": 2}', "[" + "[]," * 10**5 + "[]]", "-0", "1.0"))
    how = int(rng.integers(4))
    if how == 0:
        places = [place for place, sign in enumerate(text) if sign == ":" and text[place + 1] == " "]
        place = pick(rng, places) + 2 if places else 0
        end = min((found for sign in ",\n" if (found := text.find(sign, place)) >= 0), default=len(text))
        text = text[:place] + value + text[end:]
    elif how == 1:
        text = text.removesuffix("}") + f', "again": {value}, "again": {value}}}'
    elif how == 2:
        text = value
    else:
        text = text.removesuffix("}") + f', "more": {value}}}'
    if name == "manifest":
        try:
            seal(folder, json.loads(text))
        except (ValueError, RecursionError, AttributeError):
            (folder / "manifest.json").write_text(text, "utf-8", "surrogatepass")
    else:
        seal(folder, **{name: text.encode()})
    return f"{name}.json has {value[:40]}"


def parameters(folder, rng):
    """Change the configuration of the pipeline itself."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    members = manifest["configuration"]
    chosen = pick(rng, members) if isinstance(members, list) else members
    names = ("features.char_tfidf.max_features", "features.word_hashing.bits", "model.neighbours.k", "model.SVC.degree",
             "tokenizer.spacy.language", "tokenizer.spacy.trained", "features.encoder.model", "model", "features", "tokenizer",
             "model.RandomForestClassifier.n_jobs", "normalizer.markup.use", "features.wordllama.x", *chosen)
    name = pick(rng, names)
    chosen[name] = anything(rng)
    if rng.random() < 0.2 and isinstance(members, list):
        manifest["configuration"] = members * int(pick(rng, (2, 30)))
    seal(folder, manifest)
    return f"{name} is {chosen[name]!r:.40}"


def archive(folder, rng):
    """Change the arrays as members of an archive."""
    arrays = read_arrays(path_of(folder, "arrays.npz").read_bytes())
    name = pick(rng, sorted(arrays))
    how = int(rng.integers(5))
    if how == 0:
        arrays.update({f"x{number}": np.zeros(0) for number in range(int(pick(rng, (100, 10**4, 60_000))))})
    elif how == 1:
        arrays[name] = np.zeros((0, int(pick(rng, (10**6, 10**9, 2**40)))), dtype=arrays[name].dtype)
    elif how == 2:
        arrays[name] = arrays[name].astype(pick(rng, (np.float16, np.int8, np.uint64, np.float64, np.bool_)))
    elif how == 3:
        arrays[name] = np.zeros(arrays[name].shape, dtype=arrays[name].dtype)
    else:
        arrays[name] = np.full_like(arrays[name], pick(rng, (-1, 0, 1, 120)))
    data = packed(arrays)
    if rng.random() < 0.2:
        changed = bytearray(data)
        for place in rng.integers(len(data), size=3):
            changed[place] = rng.integers(256)
        data = bytes(changed)
    seal(folder, arrays=data)
    return f"archive: {name}, {how}"


def place(folder, rng):
    """Put something else in the place of a file."""
    path = path_of(folder, pick(rng, (MANIFEST, *FILES)))
    how = pick(rng, ("pipe", "link", "device", "folder", "gone", "cut", "longer", "loop"))
    data = path.read_bytes()
    path.unlink()
    if how == "pipe":
        os.mkfifo(path)
    elif how == "link":
        (folder / "elsewhere").write_bytes(data)
        path.symlink_to("elsewhere")
    elif how == "device":
        path.symlink_to(pick(rng, ("/dev/zero", "/dev/stdin", "/proc/self/mem")))
    elif how == "folder":
        path.mkdir()
    elif how == "loop":
        path.symlink_to(path.name)
    elif how == "cut":
        path.write_bytes(data[: int(rng.integers(len(data)))])
    elif how == "longer":
        path.write_bytes(data * 2)
    return f"{path.name}: {how}"


# Folders that are consistent, or nearly so, and large: what they ask for grows with their size, and must not grow faster.


def _bulk(state, arrays, manifest, size, rng):
    kind = pick(rng, ("[]", "{}", "1", "1.5", '"ab"', '{"ab":1}', '"\\ud83d\\ude00"', '"aaaaaaaaaaaaaaaaaaaaaaaa"'))
    count = min(size, 60 * 2**20) // (len(kind) + 1)
    state["more"] = kind, count
    return f"{count:,} times {kind}"


def _vectors(state, arrays, manifest, size, rng):
    """Many word vectors, or rows of one of the tables of a transformer."""
    place = next(number for number, part in enumerate(state["components"]) if part["stage"] == "features")
    learned = state["components"][place]["learned"]
    if "config" in learned:
        name, setting = pick(rng, (("embeddings.word_embeddings.weight", "vocab_size"),
                                    ("embeddings.position_embeddings.weight", "max_position_embeddings")))
        name, learned["config"][setting] = f"{place}.{name}", size // (4 * learned["config"]["hidden_size"])
        learned["most"] = 8192
    elif "tokenizer" in learned:
        name = f"{place}.vectors"
    else:
        return _golden(state, arrays, manifest, size, rng)
    width = arrays[name].shape[1]
    arrays[name] = np.concatenate([arrays[name], np.zeros((size // (4 * width) - len(arrays[name]), width), np.float32)])
    return f"{name} of {arrays[name].shape}"


def _golden(state, arrays, manifest, size, rng):
    count = size // (8 * len(state["probes"]))
    manifest["classes"] = [f"c{number}" for number in range(min(count, 10**6))]
    manifest["kind"] = "multilabel"
    arrays["golden"] = np.full((len(state["probes"]), len(manifest["classes"])), 0.5)
    name = f"{len(state['components']) - 1}.multiples"
    learned = state["components"][-1]["learned"]
    learned.update(n_classes=len(manifest["classes"]), multilabel=True, seen=[[0, 1]] * len(manifest["classes"]))
    if name in arrays:
        arrays[name] = np.zeros((arrays[name].shape[0] if size > 10**8 else 0, len(manifest["classes"])), np.int16)
        arrays.update({name.replace("multiples", other): np.zeros(len(manifest["classes"]), np.float32)
                       for other in ("steps", "intercept")})
    return f"{len(manifest['classes']):,} classes"


def _rows(state, arrays, manifest, size, rng):
    """Nearest neighbours among many rows; a forest of many trees; support vectors of many classes."""
    place, learned = len(state["components"]) - 1, state["components"][-1]["learned"]
    n_classes = len(manifest["classes"])
    if f"{place}.marks" in arrays:
        n_rows = size // (8 * n_classes)
        learned["shape"][1] = n_rows
        arrays[f"{place}.marks"] = np.zeros((n_rows, n_classes))
        return f"{n_rows:,} rows"
    if f"{place}.0.sizes" in arrays:
        count = size // (28 + 8 * n_classes)
        for name, value in (("sizes", 1), ("left", -1), ("right", -1), ("feature", 0)):
            arrays[f"{place}.0.{name}"] = np.full(count, value, arrays[f"{place}.0.{name}"].dtype)
        arrays[f"{place}.0.threshold"], arrays[f"{place}.0.values"] = np.zeros(count), np.ones((count, n_classes))
        return f"{count:,} trees"
    if f"{place}.0.dual" in arrays:
        count = int((size / 4) ** 0.5)
        manifest["classes"], manifest["kind"] = [f"c{number}" for number in range(count)], "multiclass"
        learned.update(n_classes=count, seen=[list(range(count))])
        counts = np.zeros(count, np.int64)
        counts[0] = arrays[f"{place}.0.dual"].shape[1]
        arrays.update({"golden": np.zeros((len(state["probes"]), count)), f"{place}.0.counts": counts,
                       f"{place}.0.dual": np.zeros((count - 1, int(counts[0]))),
                       f"{place}.0.intercept": np.zeros(count * (count - 1) // 2)})
        return f"{count:,} classes"
    return _grams(state, arrays, manifest, size, rng)


def _grams(state, arrays, manifest, size, rng):
    """Very many n-grams, of which one or each is a feature."""
    places = [number for number in range(len(state["components"])) if f"{number}.keys0" in arrays]
    if not places:
        return _bulk(state, arrays, manifest, size, rng)
    place = pick(rng, places)
    learned = state["components"][place]["learned"]
    base = learned["n_symbols"]
    learned.update(low=1, high=3)
    count, short = size // 12, base * base
    count = min(count, short * base)
    features = pick(rng, (1, count))
    for name in [name for name in arrays if name.startswith(f"{place}.keys") or name.startswith(f"{place}.columns")]:
        del arrays[name]
    arrays[f"{place}.keys0"], arrays[f"{place}.keys1"] = np.arange(short), np.arange(count)
    arrays[f"{place}.columns0"], arrays[f"{place}.columns1"] = (np.full(number, -1, np.int32) for number in (base, short))
    arrays[f"{place}.columns2"] = np.where(np.arange(count) < features, np.arange(count), -1).astype(np.int32)
    arrays[f"{place}.weights"] = np.ones(features)
    return f"{count:,} n-grams, {features:,} features"


def _pieces(state, arrays, manifest, size, rng):
    """A tokenizer of very many pieces that have little in common."""
    learned = next((part["learned"] for part in state["components"] if "tokenizer" in part["learned"]), None)
    if learned is None:
        return _bulk(state, arrays, manifest, size, rng)
    document = json.loads(learned["tokenizer"])
    length, kind = int(pick(rng, (8, 24, 200))), pick(rng, ("Unigram", "WordLevel", "BPE", document["model"]["type"]))
    letters = rng.integers(97, 123, size=min(size, 40 * 2**20) // (length + 16) * length).astype(np.uint8).tobytes().decode()
    pieces = sorted({letters[place : place + length] for place in range(0, len(letters), length)})
    vocab = {piece: number for number, piece in enumerate(["<unk>", *pieces])}
    document["model"] = {
        "Unigram": {"type": "Unigram", "unk_id": 0, "byte_fallback": False, "vocab": [[piece, -1.0] for piece in vocab]},
        "BPE": {"type": "BPE", "unk_token": "<unk>", "vocab": vocab, "merges": []},
    }.get(kind, {"type": "WordLevel", "unk_token": "<unk>", "vocab": vocab})
    learned["tokenizer"] = json.dumps(document)
    for number, part in enumerate(state["components"]):
        if part["learned"] is learned and f"{number}.vectors" in arrays:
            arrays[f"{number}.vectors"] = np.zeros((len(vocab) + 300, 4), np.float32)
    return f"{len(vocab):,} pieces of {length} letters, {kind}"


def large(folder, rng, size=None):
    """Let the folder grow to some megabytes, as consistent as can be."""
    size = int(size or 2 ** rng.uniform(22, 27.4))
    state = json.loads(path_of(folder, "state.json").read_bytes())
    arrays = read_arrays(path_of(folder, "arrays.npz").read_bytes())
    manifest = json.loads((folder / "manifest.json").read_bytes())
    change = pick(rng, (_bulk, _vectors, _golden, _rows, _rows, _grams, _pieces))
    said = change(state, arrays, manifest, size, rng)
    more = state.pop("more", None)
    data = json.dumps(state).encode()
    if more:
        data = data[:-1] + b', "more": [' + b",".join([more[0].encode()] * more[1]) + b"]}"
    seal(folder, manifest, state=data, arrays=packed(arrays))
    return f"{change.__name__.strip('_')}: {said}"


GENERATORS = {"values": mutate, "tokenizer": tokenizer, "config": config, "JSON": json_text, "parameters": parameters,
              "archive": archive, "files": place, "large": large}


def hostile(originals, folder, rng, kind):
    """A hostile pipeline in a folder, from one of those in `originals`; what was changed."""
    names = sorted(path.name for path in originals.iterdir())
    if kind in ("tokenizer", "config"):
        wanted = {"tokenizer": ("encoder", "static", "fine", "ensemble", "neighbours", "unigram"),
                  "config": ("encoder", "fine", "ensemble")}[kind]
        names = [name for name in names if name in wanted] or names
    name = pick(rng, names)
    shutil.copytree(originals / name, folder)
    return f"{name}: {GENERATORS[kind](folder, rng)}"
