"""Lines of runs are read as a whole or refused by number; only a torn end is set aside."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scored_lines import line

from autotext.benchmark.lines import Limits, arm_label, checked_lines, line_key, read_lines
from autotext.errors import BenchmarkError


def written(tmp_path, *lines, end="\n"):
    path = tmp_path / "runs.jsonl"
    path.write_bytes("\n".join(text if isinstance(text, str) else json.dumps(text) for text in lines).encode() + end.encode())
    return path


def test_lines_are_read_in_their_order(tmp_path):
    lines, notes = read_lines(written(tmp_path, line("b"), "", line("a")))
    assert [one["arm"] for one in lines] == ["b", "a"]
    assert notes == ()


def test_what_may_be_null_may_be_missing(tmp_path):
    short = {key: value for key, value in line(score=None).items() if value is not None}
    assert read_lines(written(tmp_path, short))[0] == (line(score=None),)


@pytest.mark.parametrize("torn", ['{"version": 1, "ta', "\ud800", '{"version": 2}'])
def test_a_torn_last_line_is_set_aside_and_said(tmp_path, torn):
    path = written(tmp_path, line("a"))
    path.write_bytes(path.read_bytes() + torn.encode("utf-8", "surrogatepass"))
    lines, notes = read_lines(path)
    assert lines == (line("a"),)
    assert notes == ("The last line of runs.jsonl is torn and was set aside; its run counts as not run.",)


def test_a_whole_last_line_without_a_line_break_is_torn_as_the_runner_cuts_it_off(tmp_path):
    assert len(read_lines(written(tmp_path, line("a"), line("b"), end=""))[0]) == 1


@given(st.integers(1, 400))
def test_wherever_a_file_is_cut_the_lines_before_are_read(tmp_path_factory, length):
    whole = written(tmp_path_factory.mktemp("cut"), line("a"), line("b"), line("c"))
    data = whole.read_bytes()
    path = whole.with_name("cut.jsonl")
    path.write_bytes(data[:-length])
    assert read_lines(path)[0] == read_lines(whole)[0][:data[:-length].count(b"\n")]


@pytest.mark.parametrize("version", [2, 0, None, "1", True, 1.5])
def test_an_unknown_version_is_refused(tmp_path, version):
    with pytest.raises(BenchmarkError, match=rf"runs\.jsonl, line 2: version {version!r} is unknown; this autotext reads 1\."):
        read_lines(written(tmp_path, line(), {**line(), "version": version}))


@pytest.mark.parametrize(("text", "message"), [
    ('{"version": 1, "ta', r"line 2: .* is not JSON\. Delete the line"),
    ("[" * 100_000, r"line 2: .* is not JSON\."),
    ("[1]", r"line 2: \[1\] is no JSON object\."),
    ("null", r"line 2: None is no JSON object\."),
])
def test_another_malformed_line_is_named_by_number(tmp_path, text, message):
    with pytest.raises(BenchmarkError, match=message):
        read_lines(written(tmp_path, line(), text, line()))


@pytest.mark.parametrize(("field", "value", "wanted"), [
    ("task", 3, "text"), ("arm", None, "text"), ("seed", 1.5, "a whole number"), ("seed", True, "a whole number"),
    ("cpus", None, "a whole number"), ("score", "0.5", "a number"), ("score", float("nan"), "a number"),
    ("floor", float("inf"), "a number"), ("score", False, "a number"), ("kind", "regression", "one of binary"),
    ("kind", ["binary"], "one of binary"), ("status", "okay", "one of ok"), ("curve", [[1]], r"a list of \[seconds, score\]"),
    ("curve", [["1", 2]], r"a list of \[seconds, score\]"), ("versions", [], "an object"), ("machine", "x", "an object"),
    ("disturbed", 1, "true or false"),
])
def test_a_field_of_another_type_is_named(tmp_path, field, value, wanted):
    with pytest.raises(BenchmarkError, match=rf"line 1: {field} must be {wanted}.*Delete the line"):
        read_lines(written(tmp_path, {**line(), field: value}))


def test_a_misspelt_status_is_answered_by_the_nearest():
    with pytest.raises(BenchmarkError, match=r"not 'time-out'\. Did you mean 'timeout'"):
        checked_lines([{**line(), "status": "time-out"}])


@pytest.mark.parametrize("field", ["score", "metric", "floor"])
def test_a_run_that_ended_well_has_a_score_a_metric_and_a_floor(field):
    with pytest.raises(BenchmarkError, match="line 2: status is 'ok', but score, metric or floor is missing"):
        checked_lines([line(), {**line(), field: None}])


def test_a_file_that_is_not_there_says_what_makes_it(tmp_path):
    with pytest.raises(BenchmarkError, match=r"cannot be read: No such file or directory\. .* run --out"):
        read_lines(tmp_path / "runs.jsonl")


def test_the_encoder_is_a_part_of_the_name_of_an_arm_and_of_the_key():
    plain, encoded = line("a"), line("a", encoder="minilm")
    assert (arm_label(plain), arm_label(encoded)) == ("a", "a + minilm")
    assert line_key(plain) != line_key(encoded)


@pytest.mark.parametrize(("limits", "words"), [
    (Limits(60.0, None, 1, None), "60 s on 1 core"),
    (Limits(0.5, 20, 2, 5000), "0.5 s or 20 trials on 2 cores, at most 5,000 rows"),
    (Limits(None, None, 1, None), "no budget on 1 core"),
])
def test_limits_are_said_in_words(limits, words):
    assert str(limits) == words


def test_limits_are_ordered_by_seconds_then_trials_then_cores_then_rows():
    ordered = [Limits(None, 30, 8, None), Limits(10.0, None, 8, None), Limits(60.0, None, 1, None), Limits(60.0, 9, 1, 100),
               Limits(60.0, 9, 1, None), Limits(60.0, 9, 2, 5)]
    assert sorted(reversed(ordered), key=lambda limits: limits.size) == ordered
