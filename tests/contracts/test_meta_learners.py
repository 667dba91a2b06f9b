"""Every meta-learner that can be named keeps its contract."""

import pytest

from autotext.meta import meta_learners
from autotext.testing import MetaLearnerContract


class TestMetaLearners(MetaLearnerContract):
    @pytest.fixture(params=list(meta_learners().values()), ids=list(meta_learners()))
    def learner_class(self, request):
        return request.param
