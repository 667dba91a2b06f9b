import io
import pickle

import numpy as np
import pytest

from autotext.space import Configuration
from autotext.workers.messages import Answer, Assignment, CrossValidate, Fit, receive, send


@pytest.mark.parametrize("request_", [CrossValidate(Configuration({"model": "ridge"}), subsample=0.5),
                                      Fit(Configuration({"model": "ridge"}), np.arange(3))], ids=["cross-validate", "fit"])
def test_what_is_sent_is_received(request_):
    pipe = io.BytesIO()
    send(pipe, Assignment(7, request_, 1.5))
    send(pipe, Answer(7, value=[0.5]))
    pipe.seek(0)
    assignment, answer = receive(pipe), receive(pipe)
    assert (assignment.job, assignment.timeout) == (7, 1.5)
    assert type(assignment.request) is type(request_)
    assert assignment.request.configuration == request_.configuration
    assert (answer.status, answer.value) == ("ok", [0.5])


@pytest.mark.parametrize("end", [b"", pickle.dumps(Answer(1))[:-3], b"garbage"])
def test_a_pipe_that_ends_or_breaks_is_the_end_of_the_other_side(end):
    with pytest.raises(EOFError):
        receive(io.BytesIO(end))
