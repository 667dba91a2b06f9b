"""What is said of a process that has ended by itself."""

import pytest

from autotext.workers.process import WorkerProcess


class Ended(WorkerProcess):
    """A process that is known by its exit code alone."""

    def __init__(self, code):
        self._process = type("Process", (), {"returncode": code})


@pytest.mark.parametrize(("code", "words", "status", "last_line"), [
    (1, "Traceback\n  File x\nImportError: no module named y", "failed",
     "the worker process ended with code 1: ImportError: no module named y"),
    (7, "", "failed", "the worker process ended with code 7"),
    (-11, "Fatal Python error", "failed", "the worker process died by SIGSEGV: Fatal Python error"),
    (-24, "", "timeout", "stopped by the limit on processor time")])
def test_the_last_line_says_how_it_ended_and_what_it_wrote_last(code, words, status, last_line):
    told, error = Ended(code).cause_of_death(words)
    assert (told, error.splitlines()[-1]) == (status, last_line)
    assert words in error
