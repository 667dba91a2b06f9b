"""What is recorded of a search while it goes on."""

from types import SimpleNamespace

import pytest
from fakes import CHEAP, EXPENSIVE, OTHER, REPORT, evaluate, make_clock

from autotext.search.log import SearchLog, last_line


class Store:
    """A storage that keeps records in memory until it is full."""

    def __init__(self, room=10, lost=0):
        self.records, self.failure, self.folder, self.lost, self.room = [], "", "folder", lost, room

    def append(self, record, keep):
        if len(self.records) == self.room:
            self.failure = "no space is left"
        else:
            self.records.append(record)


OUT_OF_FOLD = SimpleNamespace(answers=lambda evaluation: evaluation.fingerprint, with_margins=frozenset())


def test_each_evaluation_enters_the_report(monkeypatch):
    clock, time = make_clock(monkeypatch, 60)
    log = SearchLog(REPORT.replace(warm_start={"suggested": 2, "tried": 0}, seconds={"read": 1.0}), clock)
    time.seconds += 3
    log.add(evaluate(0, 0.5))
    log.add(evaluate(1, 0.7, OTHER))
    assert [entry.number for entry in log.leaderboard] == [1, 0]
    assert log.report.seconds == {"read": 1.0, "total": 3.0}
    assert log.report.warm_start["tried"] == 0
    assert log.records == []


def test_what_is_expensive_and_too_slow_is_noted_once(monkeypatch):
    log = SearchLog(REPORT, make_clock(monkeypatch, 60)[0])
    for configuration in (CHEAP, EXPENSIVE, EXPENSIVE):
        log.note_too_slow(configuration, 1234.5)
    assert log.report.notes == ("Given up, as it would have taken about 1,234 s to judge and as long again to refit: "
                                f"{EXPENSIVE.describe()}.",)


def test_what_ended_by_itself_is_stored_with_its_predictions(monkeypatch):
    store = Store()
    log = SearchLog(REPORT, make_clock(monkeypatch, 60)[0], store)
    entries = [evaluate(0, 0.5), evaluate(1, None, OTHER, "failed")]
    log.store(entries, {"asked": 1}, OUT_OF_FOLD)
    (record,) = log.records
    assert (list(record.evaluations), record.proposed) == (entries, {"asked": 1})
    assert record.answers == {CHEAP.fingerprint: CHEAP.fingerprint}


def test_a_storage_that_fails_is_noted_once_and_left_alone(monkeypatch):
    log = SearchLog(REPORT, make_clock(monkeypatch, 60)[0], Store(room=1))
    for number in range(4):
        log.store([evaluate(number, 0.5)], {}, OUT_OF_FOLD)
    assert len(log.records) == 1
    assert log.report.notes == ("Nothing more could be kept in 'folder' (no space is left): what followed would not have "
                                "survived a kill.",)


@pytest.mark.parametrize(("storage", "resumed", "notes"), [
    (None, 0, ()), (Store(), 1, ()),
    (Store(lost=2), 1, ("2 evaluations in 'folder' could not be read again and count as never made.",))])
def test_what_earlier_calls_did_is_said(storage, resumed, notes, monkeypatch):
    log = SearchLog(REPORT, make_clock(monkeypatch, 60)[0], storage)
    log.add(evaluate(0, 0.5))
    log.note_resumed()
    assert (log.report.resumed, log.report.notes) == (resumed, notes)


def test_the_callback_gets_each_evaluation_and_the_report_so_far(monkeypatch):
    calls = []
    log = SearchLog(REPORT, make_clock(monkeypatch, 60)[0], on_evaluation=lambda *call: calls.append(call))
    entries = [evaluate(0, 0.5), evaluate(1, 0.6, OTHER)]
    for entry in entries:
        log.add(entry)
    log.announce(entries)
    assert calls == [(entry, log.report) for entry in entries]
    SearchLog(REPORT, make_clock(monkeypatch, 60)[0]).announce(entries)


def test_the_last_line_says_what_went_wrong():
    assert last_line("Traceback:\n  line\nValueError: broken\n\n") == "ValueError: broken"
    assert last_line(" \n") == ""
