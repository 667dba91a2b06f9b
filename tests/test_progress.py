import io

from autotext.evaluation import Evaluation
from autotext.progress import LiveProgress
from autotext.report import Report


class Terminal(io.StringIO):
    encoding = "ascii"

    def isatty(self):
        return True


def some_report(score):
    evaluation = Evaluation(0, {"features": "char_tfidf", "model": "ridge"}, "f", "warm", "ok", score)
    return evaluation, Report("running", {}, "accuracy", "default", 0, 1, {}, (evaluation,))


def test_the_line_says_time_trials_best_and_pipeline():
    progress = LiveProgress("60s", stream=io.StringIO())
    progress(*some_report(0.75))
    line = progress.line()
    assert "/60 s" in line
    assert "1 trials" in line
    assert "best 0.7500" in line
    assert "char_tfidf > ridge" in line


def test_without_a_budget_only_the_time_is_shown():
    progress = LiveProgress(stream=io.StringIO())
    progress(*some_report(0.75))
    assert " s · 1 trials · best 0.7500" in progress.line() or " s | 1 trials | best 0.7500" in progress.line()
    assert "/" not in progress.line()


def test_a_file_gets_a_line_per_new_best_only():
    stream = io.StringIO()
    with LiveProgress("60s", stream=stream) as progress:
        for score in (0.5, 0.5, 0.6):
            progress(*some_report(score))
    assert len(stream.getvalue().splitlines()) == 2


def test_an_ascii_terminal_gets_ascii_and_is_left_clean():
    stream = Terminal()
    with LiveProgress("60s", stream=stream) as progress:
        progress(*some_report(0.5))
        assert progress.line().isascii()
    assert stream.getvalue().endswith("\r")
