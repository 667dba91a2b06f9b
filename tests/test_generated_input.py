"""Whatever bytes, columns or YAML are given: a result, or a refusal in words; never another error, never a hang."""

import gzip
import json
import random
import time
import tracemalloc
from functools import partial

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from autotext import AutotextError, SearchSpace, Task, TaskError
from autotext.components import registry
from autotext.space import shipped_spaces
from autotext.space.reader import find_space_file
from autotext.task import script_shares
from autotext.task.readers import read_file

ROWS = [(f"{thing} {word}", label) for thing in ("film", "book", "영화는")
        for word, label in (("lovely", "good"), ("정말 좋아요", "good"), ("awful", "bad"), ("너무 별로예요", "bad"))]
TEXTS, LABELS = [text for text, _ in ROWS], [label for _, label in ROWS]
CSV = "text,label\n" + "".join(f"{text},{label}\n" for text, label in ROWS)


def put(folder, name, content):
    (folder / name).write_bytes(content)
    return folder / name


@pytest.mark.parametrize("name", ["a.csv.gz", "a.xlsx.gz"])
def test_a_gzip_bomb_is_refused_without_filling_memory(tmp_path, name):
    with gzip.open(tmp_path / name, "wb", compresslevel=1) as file:
        for _ in range(1000):
            file.write(b"\0" * 1_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(TaskError, match=f"{name} unpacks to more than 512 MiB"):
            Task.read(tmp_path / name)
        assert tracemalloc.get_traced_memory()[1] < 50 * 2**20
    finally:
        tracemalloc.stop()


def valid_files(folder):
    """A good file of every kind, as bytes."""
    lines = "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in ROWS)
    pq.write_table(pa.table({"text": TEXTS, "label": LABELS}), folder / "good.parquet")
    book = openpyxl.Workbook()
    for row in [("text", "label"), *ROWS]:
        book.active.append(row)
    book.save(folder / "good.xlsx")
    feather.write_feather(pa.table({"text": TEXTS, "label": LABELS}), folder / "good.feather")
    intents = "".join(f"- intent: {label}\n  examples: |\n    - {text}\n" for text, label in ROWS)
    found = {".json": json.dumps([{"text": text, "label": label} for text, label in ROWS]).encode(),
             ".ft": "".join(f"__label__{label} {text}\n" for text, label in ROWS).encode(),
             ".yml": f"nlu:\n{intents}".encode(),
             ".feather": (folder / "good.feather").read_bytes(), ".csv": CSV.encode(),
             ".tsv": CSV.replace(",", "\t").encode(), ".jsonl": lines.encode(),
             ".parquet": (folder / "good.parquet").read_bytes(), ".xlsx": (folder / "good.xlsx").read_bytes()}
    return {**found, **{f"{kind}.gz": gzip.compress(content) for kind, content in found.items()}}


def spoiled(content, rng):
    """Noise, or a valid file cut off, with changed bytes, or with a part that stands twice."""
    way = rng.randrange(4)
    place = rng.randrange(len(content))
    if way == 0:
        return rng.randbytes(rng.randrange(1, 400))
    if way == 1:
        return content[:place]
    if way == 2:
        changed = bytearray(content)
        for _ in range(rng.randrange(1, 6)):
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
        return bytes(changed)
    return content[:place] + content[rng.randrange(len(content)):]


def survives(call):
    """Whether a call gives a result; else it must refuse in words; and either soon."""
    began = time.perf_counter()
    said = None
    try:
        call()
    except AutotextError as error:
        said = str(error)
    assert time.perf_counter() - began < 20
    assert said is None or said.strip()
    return said is None


@pytest.mark.parametrize("zipped", ["", ".gz"])
@pytest.mark.parametrize("ending", [".csv", ".tsv", ".json", ".jsonl", ".parquet", ".feather", ".xlsx", ".ft", ".yml"])
def test_generated_files_are_read_or_refused(tmp_path, ending, zipped):
    kind = ending + zipped
    content, rng = valid_files(tmp_path)[kind], random.Random(kind)
    assert survives(lambda: Task.read(put(tmp_path, f"good{kind}", content)))
    ends = [survives(lambda: Task.read(put(tmp_path, f"bad{kind}", spoiled(content, rng)))) for _ in range(12)]
    assert not all(ends)


VALUES = (None, "", " ", "a", "b", "가", "\0", "\ud800", 0, 1, 2.5, float("nan"), float("inf"), True, b"x", [], ["a"],
          [None], [["a"]], ("a", "b"), {"a": 1}, {"a"}, 10**30, 1j, object())


def test_generated_columns_are_read_or_refused():
    rng = random.Random(0)
    ends = []
    for _ in range(40):
        chosen = rng.sample(VALUES, rng.randrange(1, 6))
        size = rng.randrange(9)
        names = rng.sample(["text", "label", "내용", "", "x", "y"], rng.randrange(1, 4))
        columns = {name: [rng.choice(chosen if rng.random() < 0.5 else ("a", "b", "c")) for _ in range(size)] for name in names}
        separator = rng.choice([None, "|"])
        ends += [survives(partial(Task.read, given, separator=separator))
                 for given in (columns, (columns[names[0]], columns[names[-1]]))]
    assert 0 < sum(ends) < len(ends)


KEYS = ("text", "data", "label", "labels", "Comments", "answer", "accept", "config", "cats", "annotations", "annotation_id",
        "lead_time", "columns", "id")
JSON_VALUES = (None, "", "a", "accept", "reject", 1, 0.5, True, [], ["a"], ["a", "b"], [[0, 1, "a"]], [None], [{}], {},
               {"a": 1}, {"a": "b"}, {"text": "a"}, {"choices": ["a"]}, {"choice_style": "single"},
               [{"result": [{"value": {"choices": ["a"]}}]}], [{"result": 5}], [{"result": [5]}], [5])


def test_generated_annotations_are_read_or_refused(tmp_path):
    rng = random.Random(0)
    ends = []
    for number in range(400):
        keys = rng.sample(KEYS, rng.randrange(1, 6))
        values = {key: rng.sample(JSON_VALUES, 2) for key in keys}
        rows = [{key: rng.choice(values[key]) for key in keys} for _ in range(rng.randrange(1, 4))]
        content = rng.choice((rows, rows, {"data": rows}, rows[0], values, [[row.get("text"), row] for row in rows]))
        path = put(tmp_path, f"{number}.json", json.dumps(content).encode())
        ends.append(survives(partial(read_file, path)))
    assert 0 < sum(ends) < len(ends)


SCRAPS = ["{", "}", "[", "]", ":", ",", "-", "&a", "*a", "!!python/object:os.system", "\t", "null", "1e999", "[]", "{}", "true",
          "\0", "<<", "'", '"', "%", "|", "9" * 5000, "*", "words", "{int: [1, 2]}", "{float: [0, .nan]}", "?", "@", "\ud800",
          "---\n", "- " * 3000, "[" * 3000, "2001-01-01"]


def mangled(content, rng):
    """A file of YAML, with scraps in some places."""
    for _ in range(rng.randrange(1, 4)):
        place, length = rng.randrange(len(content)), rng.randrange(12)
        content = content[:place] + rng.choice(SCRAPS) + content[place + length:]
    return content.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("name", shipped_spaces())
def test_generated_spaces_are_read_or_refused(tmp_path, name):
    content, rng = find_space_file(name).read_text("utf-8"), random.Random(name)
    path, shares = tmp_path / "mine.yaml", script_shares(TEXTS)
    ends = []
    for _ in range(12):
        path.write_bytes(mangled(content, rng))
        ends.append(survives(lambda: SearchSpace.read(path).check(registry(), shares, None)))
    assert not all(ends)
