import csv
import json
import pickle
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import exp

import pytest

from autotext.benchmark.tasks import BenchmarkTask, default_cache, shipped_tasks
from autotext.errors import BenchmarkError
from autotext.meta import Experience
from autotext.task import Task

TOY = """
version: 1
name: toy
about: Whether a meal was good
family: toy
language: English
kind: binary
classes: 2
rows: {{train: 5, test: 2}}
fingerprint: {{train: {train}, test: {test}}}
source:
  url: {url}
  files: {files}
  licence: CC0
  split: official
  notes: Made up.
fetch:
  {fetch}
"""
# The second training row and the empty one are left out, as its text is a test text, or none.
TRAIN = [("so good", "1"), ("the soup", "0"), ('a "fine" meal', "1"), ("so bad", "0"), ("cold, and late", "0"), ("", "1"),
         ("很好", "1")]
TEST = [("the soup", "1"), ("again", "0")]
FINGERPRINTS = {"train": "1501a29d821656bb", "test": "3dfcb447570ee2b6"}
PRIOR = {task.name: task for task in Experience.shipped().tasks}


@pytest.fixture
def public(monkeypatch):
    """Files of a public source on this machine, and its address."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    files, asked = {}, []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            content = files.get(self.path.lstrip("/"))
            if content is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content) + 50 * self.path.endswith("torn.tsv")))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    files.update({"train.tsv": tabs(TRAIN), "test.tsv": tabs(TEST)})
    yield f"http://127.0.0.1:{server.server_port}", files, asked
    server.shutdown()
    thread.join()
    server.server_close()


def tabs(rows):
    return "".join(f"{number}\t{text}\t{label}\n" for number, (text, label) in enumerate(rows)).encode()


def toy_file(folder, url, files="{train: [train.tsv], test: [test.tsv]}",
             fetch="{format: delimited, header: false, separator: \"\\t\", quoted: false, text: 1, label: 2}",
             **changes):
    path = folder / "toy.yaml"
    text = TOY.format(url=url, files=files, fetch=fetch, **FINGERPRINTS)
    for old, new in changes.items():
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    return path


def write_csv(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *rows])


@pytest.mark.parametrize("name", shipped_tasks())
def test_shipped_tasks_agree_with_the_prior_tasks_of_the_same_name(name):
    task, prior = BenchmarkTask.read(name), PRIOR[name]
    features = prior.meta_features
    assert (task.family, task.kind == "multilabel", task.classes) == (prior.family, features["multilabel"] == 1,
                                                                      features["n_classes"])
    assert task.rows["train"] == round(exp(features["log_rows"]))
    assert set(task.fingerprint) == {"train", "test"}
    assert task.source.repository
    assert len(task.source.revision) == 40
    assert task.source.licence
    assert task.source.split
    assert task.source.file_names
    assert task.language
    assert (task.kind == "binary") == (task.classes == 2 and task.kind != "multilabel")


def test_shipped_tasks_are_all_prior_tasks_and_those_of_the_same_data_are_one_family():
    families = {}
    for name in shipped_tasks():
        families.setdefault(BenchmarkTask.read(name).family, set()).add(name)
    assert set(shipped_tasks()) == set(PRIOR)
    assert [names for names in families.values() if len(names) > 1] == [
        {"am_afrisenti", "ha_afrisenti"}, {"clinc150", "clinc150_oos"}, {"crisis_info_type", "disaster_tweets"},
        {"es_tweet_sentiment", "fr_tweet_sentiment"}, {"tweet_stance_climate", "tweet_stance_feminist"}]


def test_the_metric_of_a_task_is_that_of_its_kind_unless_its_file_says_another():
    assert {name: BenchmarkTask.read(name).metric for name in ("cola", "snips")} == {"cola": "matthews_corrcoef", "snips": None}


def test_texts_recur_in_one_shipped_task_by_nature():
    assert [name for name in shipped_tasks() if BenchmarkTask.read(name).recurring_texts] == ["maptask_acts"]


def test_a_task_of_ones_own_is_one_file_and_is_fetched_once(tmp_path, public):
    url, files, asked = public
    task = BenchmarkTask.read(toy_file(tmp_path, url))
    fetched = task.load(cache=tmp_path / "cache")
    assert (fetched.name, fetched.language, fetched.kind, fetched.classes) == ("toy", "en", "binary", ("0", "1"))
    assert set(fetched.texts) == {"so good", 'a "fine" meal', "so bad", "cold, and late", "很好"}
    assert dict(zip(fetched.test.texts, fetched.test.labels, strict=True)) == {"the soup": "1", "again": "0"}
    assert any("1 training row was left out" in finding for finding in fetched.findings)
    assert asked == ["/train.tsv", "/test.tsv"]
    files.clear()
    again = pickle.loads(pickle.dumps(task)).load(cache=tmp_path / "cache")
    assert (again.texts, again.labels, again.test.texts) == (fetched.texts, fetched.labels, fetched.test.texts)
    assert len(asked) == 2


@pytest.mark.parametrize("files", [
    {"train.csv": 'text,label\n"so good",1\n"a ""fine"" meal",1\nso bad,0\n"cold, and late",0\n很好,1\n',
     "test.csv": "text,label\nthe soup,1\nagain,0\n"},
    {"train.jsonl": "".join(json.dumps({"text": text, "label": int(label)}) + "\n" for text, label in reversed(TRAIN)
                            if text not in ("", "the soup")),
     "test.tsv": "label\ttext\n0\tagain\n1\tthe soup\n"},
], ids=["csv", "jsonl, other order, numbers as labels"])
def test_rows_of_a_folder_of_tasks_are_the_same_whatever_their_format_and_order(tmp_path, files):
    (tmp_path / "toy").mkdir()
    for name, content in files.items():
        (tmp_path / "toy" / name).write_text(content, "utf-8")
    task = BenchmarkTask.read(toy_file(tmp_path, "http://example.org")).load(tmp_path)
    assert (task.fingerprint, task.test.fingerprint) == tuple(FINGERPRINTS.values())


def test_rows_other_than_those_of_the_file_are_refused_and_not_kept(tmp_path, public):
    url, files, _ = public
    files["train.tsv"] = tabs([("so nice", "1"), *TRAIN[1:]])
    task = BenchmarkTask.read(toy_file(tmp_path, url))
    with pytest.raises(BenchmarkError, match=r"toy: the train rows are not those of .*toy\.yaml: 5 rows with the fingerprint "
                                             r"[0-9a-f]{16}, not 5 with 1501a29d821656bb\. The public source has changed"):
        task.load(cache=tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def test_rows_of_other_classes_are_refused(tmp_path, public):
    url, files, _ = public
    files["train.tsv"] = tabs([*TRAIN, ("well", "2")])
    with pytest.raises(BenchmarkError, match=r"are a multiclass task of 3 classes, and .*toy\.yaml says binary, 2"):
        BenchmarkTask.read(toy_file(tmp_path, url)).load(cache=tmp_path / "cache")


def test_kept_rows_that_were_changed_are_refused(tmp_path, public):
    task = BenchmarkTask.read(toy_file(tmp_path, public[0]))
    task.load(cache=tmp_path / "cache")
    (kept,) = (tmp_path / "cache").iterdir()
    (kept / "test.parquet").unlink()
    write_csv(kept / "test.csv", [("other", "1"), ("again", "0")])
    with pytest.raises(BenchmarkError, match=rf"the test rows are not those .* Delete {kept} to fetch it anew"):
        task.load(cache=tmp_path / "cache")


@pytest.mark.parametrize(("changes", "reason"), [
    ({"train.tsv": "absent.tsv"}, "absent.tsv: 404 Not Found"),
    ({"test.tsv": "torn.tsv"}, "torn.tsv: IncompleteRead"),
    ({"http://127.0.0.1": "http://127.0.0.1:1/"}, "http://127.0.0.1:1/"),
    ({"http://127.0.0.1": "ftp://127.0.0.1"}, "must begin with https:// or http://"),
], ids=["missing", "broken off", "no network", "no web address"])
def test_a_download_that_fails_leaves_nothing_and_says_what_to_do(tmp_path, public, changes, reason):
    url, files, _ = public
    files["torn.tsv"] = tabs(TEST)
    task = BenchmarkTask.read(toy_file(tmp_path, url, **changes))
    with pytest.raises(BenchmarkError, match="toy cannot be fetched: ") as caught:
        task.load(cache=tmp_path / "cache")
    message = str(caught.value)
    assert reason in message
    assert "Nothing was kept." in message
    assert "columns text and label to FOLDER/toy/train.csv and test.csv, and give --tasks-dir FOLDER." in message
    assert not list((tmp_path / "cache").iterdir())


def test_a_task_that_cannot_be_fetched_says_which_files_to_get():
    with pytest.raises(BenchmarkError, match=r"sms_spam cannot be fetched, .* 414 copies .* SMSSpamCollection of github\.com/"
                                             r"hamzaaacodes/sms-spam-collection@f3e73e1e74 .* FOLDER/sms_spam/train\.csv"):
        BenchmarkTask.read("sms_spam").load()


def test_files_of_a_repository_come_from_github_at_its_revision(monkeypatch, tmp_path, public):
    url, files, asked = public
    monkeypatch.setattr("autotext.benchmark.source.RAW", url)
    files.update({f"owner/name/c0ffee/{name}": content for name, content in list(files.items())})
    path = toy_file(tmp_path, "", **{"url: ": "repository: owner/name\n  revision: c0ffee"})
    BenchmarkTask.read(path).load(cache=tmp_path / "cache")
    assert asked == ["/owner/name/c0ffee/train.tsv", "/owner/name/c0ffee/test.tsv"]


def test_a_folder_without_the_task_is_refused_with_the_nearest_name(tmp_path):
    (tmp_path / "poem_sentimnt").mkdir()
    with pytest.raises(BenchmarkError, match=r"no folder .* for the task 'poem_sentiment'\. Did you mean 'poem_sentimnt'"):
        BenchmarkTask.read("poem_sentiment").load(tmp_path)


def test_a_folder_of_a_task_holds_a_file_of_each_side(tmp_path):
    (tmp_path / "poem_sentiment").mkdir()
    (tmp_path / "poem_sentiment" / "train.csv").touch()
    with pytest.raises(BenchmarkError, match=r"must hold one file of test rows, e\.g\. test\.csv, and holds none"):
        BenchmarkTask.read("poem_sentiment").load(tmp_path)


def test_test_texts_among_the_training_texts_are_refused_unless_they_recur_by_nature(tmp_path):
    (tmp_path / "toy").mkdir()
    write_csv(tmp_path / "toy" / "train.csv", [*TRAIN[:5], TRAIN[6]])
    write_csv(tmp_path / "toy" / "test.csv", TEST)
    with pytest.raises(BenchmarkError, match=r"toy: 1 of 2 test rows has the text of a training row \(test row 1 that of row 2"
                                             r"\).* recurring_texts: true"):
        BenchmarkTask.read(toy_file(tmp_path, "http://example.org")).load(tmp_path)
    path = toy_file(tmp_path, "http://example.org", **{"train: 5": "train: 6", "fingerprint: {": "#",
                                                       "source:": "recurring_texts: true\nsource:"})
    assert len(BenchmarkTask.read(path).load(tmp_path)) == 6


@pytest.mark.parametrize(("changes", "message"), [
    ({"version: 1": "version: 2"}, r"toy\.yaml: version: this autotext reads version 1, not 2"),
    ({"name: toy": "name: joy"}, r"toy\.yaml: name: must be that of the file, 'toy', not 'joy'"),
    ({"kind: binary": "kind: binari"}, r"toy\.yaml: kind: must be one of binary, multiclass, multilabel, not 'binari'"),
    ({"kind: binary": "kind: binary\nmetric: acuracy"}, r"toy\.yaml: metric: Unknown metric 'acuracy'. Did you mean 'accu"),
    ({"language: English": "language: Elvish"}, r"toy\.yaml: language: .*'Elvish'"),
    ({"family: toy": "familly: toy"}, r"toy\.yaml: familly: unknown key. Did you mean 'family'"),
    ({"family: toy\n": ""}, r"toy\.yaml: family: the key is missing"),
    ({"family: toy": "family: [toy]"}, r"toy\.yaml: family: must be a text, not \['toy'\]"),
    ({"classes: 2": "classes: two"}, r"toy\.yaml: classes: must be a whole number, not 'two'"),
    ({"train: 5": "trian: 5"}, r"toy\.yaml: rows\.trian: unknown key. Did you mean 'train'"),
    ({"licence: CC0\n": "\n"}, r"toy\.yaml: source\.licence: the key is missing"),
    ({"url: ": "hub: a/b\n  url: "}, r"toy\.yaml: source: needs one of repository \(GitHub\), hub and url"),
    ({"url: ": "repository: "}, r"toy\.yaml: source\.revision: the key is missing"),
    ({"url: ": "revision: c0ffee\n  url: "}, r"toy\.yaml: source\.revision: goes with repository only"),
    ({"test: [test.tsv]": "test: []"}, r"toy\.yaml: source\.files\.test: must be a list of files"),
    ({"[test.tsv]": "[[a, b, c]]"}, r"toy\.yaml: source\.files\.test\[0\]: must be a file, or \[file of texts, file of labels"),
    ({"format: delimited": "format: csv"}, r"toy\.yaml: fetch\.format: must be delimited, json, lines or hub, not 'csv'"),
    ({"format: delimited": "format: lines"}, r"toy\.yaml: fetch\.format: lines needs source\.files: .*\[file of texts, file"),
    ({"format: delimited": "format: hub"}, r"toy\.yaml: fetch\.format: hub goes with source\.hub"),
    ({"header: false": "header: no"}, r"toy\.yaml: fetch\.header: must be true or false, not 'no'"),
    ({"text: 1": "text: review"}, r"toy\.yaml: fetch\.header: without one, text and label must be numbers of columns"),
    ({"text: 1": "text: 1, encoding: utf-9"}, r"toy\.yaml: fetch\.encoding: there is no encoding 'utf-9'"),
    ({'"\\t"': "tab"}, r"toy\.yaml: fetch\.separator: must be one character, not 'tab'"),
    ({"family: toy": "family: toy\nfamily: toy"}, r"toy\.yaml, line 6, column 1: not YAML: the key 'family' stands twice"),
    ({"family: toy": "family: {toy"}, r"toy\.yaml, line \d+, column \d+: not YAML"),
], ids=lambda value: "" if isinstance(value, str) else next(iter(value.values())).strip().replace("\n", " "))
def test_errors_in_a_task_file_name_the_file_and_the_path_of_the_key(tmp_path, changes, message):
    path = toy_file(tmp_path, "http://example.org", **changes)
    with pytest.raises(BenchmarkError, match=message):
        BenchmarkTask.read(path)


def test_files_that_are_no_mappings_or_do_not_exist_are_refused(tmp_path):
    (tmp_path / "list.yaml").write_text("- a\n")
    with pytest.raises(BenchmarkError, match=r"list\.yaml: must be a mapping of names, not \['a'\]"):
        BenchmarkTask.read(tmp_path / "list.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9\n")
    with pytest.raises(BenchmarkError, match=r"latin\.yaml: cannot be read"):
        BenchmarkTask.read(tmp_path / "latin.yaml")
    with pytest.raises(BenchmarkError, match="There is no task file"):
        BenchmarkTask.read(tmp_path / "absent.yaml")


def test_an_unknown_task_gets_the_nearest_names():
    with pytest.raises(BenchmarkError, match=r"Unknown task 'clinc15'\. Did you mean 'clinc150'"):
        BenchmarkTask.read("clinc15")


def test_yaml_words_stay_text(tmp_path):
    task = BenchmarkTask.read(toy_file(tmp_path, "http://example.org", **{"language: English": "language: no",
                                                                          "Made up.": "null"}))
    assert (task.language, task.source.notes) == ("no", "null")


def test_fetched_rows_are_kept_in_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == tmp_path / "autotext" / "tasks"


def test_a_cache_that_cannot_be_written_is_named(tmp_path, public):
    (tmp_path / "file").touch()
    with pytest.raises(BenchmarkError, match=r"The rows of toy cannot be kept in .*file/cache.* --tasks-dir FOLDER"):
        BenchmarkTask.read(toy_file(tmp_path, public[0])).load(cache=tmp_path / "file" / "cache")


def test_a_table_is_cut_into_three_quarters_and_one_whatever_the_order_of_its_rows(tmp_path):
    rows = [(f"text {number % 60}", "+" if number % 60 < 40 else "-") for number in range(80)]
    write_csv(tmp_path / "reviews.csv", rows)
    task = BenchmarkTask.of_tables(tmp_path / "reviews.csv")
    assert (task.name, task.family, task.kind, task.classes, sum(task.rows.values())) == ("reviews", "reviews", "binary", 2, 80)
    first = task.load()
    assert 18 <= len(first.test) <= 22
    assert not set(first.texts) & set(first.test.texts)
    write_csv(tmp_path / "reviews.csv", rows[::-1])
    assert task.load().texts == first.texts
    write_csv(tmp_path / "reviews.csv", rows[1:])
    with pytest.raises(BenchmarkError, match="Tables must not change between runs"):
        task.load()


def test_too_few_rows_are_not_cut(tmp_path):
    write_csv(tmp_path / "few.csv", [("a", "+"), ("b", "-")])
    with pytest.raises(BenchmarkError, match=r"few\.csv: 2 different texts are too few to cut off test rows; give at least 4"):
        BenchmarkTask.of_tables(tmp_path / "few.csv")


def test_labels_of_rows_with_several_are_in_one_order(tmp_path):
    (tmp_path / "both").mkdir()
    for side, texts in (("train", "abc"), ("test", "de")):
        rows = [{"text": text, "labels": ["y", "x"] if text in "ad" else ["x"]} for text in texts]
        (tmp_path / "both" / f"{side}.json").write_text(json.dumps(rows))
    task = BenchmarkTask.of_tables(tmp_path / "both").load()
    assert isinstance(task, Task)
    assert set(task.labels) == {("x", "y"), ("x",)}
