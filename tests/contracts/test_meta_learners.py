"""Every meta-learner that can be named keeps its contract."""

import pytest

from autotext.meta import META_LEARNERS
from autotext.testing import MetaLearnerContract


class TestMetaLearners(MetaLearnerContract):
    @pytest.fixture(params=list(META_LEARNERS.values()), ids=list(META_LEARNERS))
    def learner_class(self, request):
        return request.param
