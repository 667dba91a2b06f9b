"""Stand-ins for what tests of the search must control: time, and the workers."""

from types import SimpleNamespace

from autotext import Budget, Configuration, Evaluation
from autotext.report import Report
from autotext.search.clock import Clock

CHEAP = Configuration({"features": "char_tfidf", "model": "ridge"})
OTHER = Configuration({"features": "word_tfidf", "model": "ridge"})
EXPENSIVE = Configuration({"features": "fine_tuned", "features.fine_tuned.model": "minilm", "model": "logistic"})
REPORT = Report("running", {}, "accuracy", "fast", 0, 1, {})


class ManualTime:
    """Time that passes only when a test says so."""

    def __init__(self):
        self.seconds = self.computing = 0.0

    def monotonic(self):
        return self.seconds

    def process_time(self):
        return self.computing


def make_clock(monkeypatch, seconds, **limits):
    """A clock of so many seconds, or of none, and the time that it reads."""
    manual = ManualTime()
    for module in ("clock", "fitting", "search"):
        monkeypatch.setattr(f"autotext.search.{module}.time", manual, raising=False)
    return Clock(Budget(seconds=seconds, **limits)), manual


def configuration_of(request):
    return request.configuration


class Workers:
    """Workers that end their jobs in order, one each time they are waited for; remembers what ran beside what.

    Parameters
    ----------
    answer : callable
        The status and value of a job, from its request.
    """

    def __init__(self, answer, size=2):
        self.answer, self.size = answer, size
        self.jobs, self.requests, self.timeouts, self.beside = [], [], [], []

    @property
    def idle(self):
        return self.size - len(self.jobs)

    @property
    def ready(self):
        return self.idle > 0

    def submit(self, request, timeout, note=None, waits=True):
        job = SimpleNamespace(number=len(self.requests), request=request, note=note, status="", value=None, error="",
                              seconds=1.0, computing=1.0, estimated_seconds=0.0, peak_mib=1.0, timeout=timeout, deadline=None)
        self.jobs.append(job)
        self.requests.append(request)
        self.timeouts.append(timeout)
        self.beside.append([configuration_of(other.request) for other in self.jobs])
        return job

    def wait(self, seconds):
        if not self.jobs:
            return []
        job = self.jobs.pop(0)
        if job.status != "cancelled":
            job.status, job.value = self.answer(job.request)
        return [job]

    def cancel(self, job, grace=0.5):
        job.status = "cancelled"
        self.jobs = [other for other in self.jobs if other is not job]


def fit_all(request):
    return "ok", f"fitted {configuration_of(request)['features']}"


def evaluate(number, score, configuration=CHEAP, status="ok", **fields):
    return Evaluation(number, configuration.to_json(), configuration.fingerprint, "search", status, score, **fields)
