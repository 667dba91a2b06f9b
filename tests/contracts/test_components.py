"""Every registered component keeps its contract; a new one is tested without a line here."""

import pytest

from autotext.components import registry
from autotext.testing import ComponentContract, FeatureContract, ModelContract


def classes(stage):
    return {"params": list(registry()[stage].values()), "ids": list(registry()[stage])}


class TestNormalizers(ComponentContract):
    @pytest.fixture(**classes("normalizer"))
    def component_class(self, request):
        return request.param


class TestTokenizers(ComponentContract):
    @pytest.fixture(**classes("tokenizer"))
    def component_class(self, request):
        return request.param


class TestFeatures(FeatureContract):
    @pytest.fixture(**classes("features"))
    def component_class(self, request):
        return request.param


class TestModels(ModelContract):
    @pytest.fixture(**classes("model"))
    def component_class(self, request):
        return request.param
