"""The components of pipelines: normalizers, tokenizers, features and models, each in a file of its own."""

from autotext.components.component import Component, State, register
from autotext.components.costs import is_expensive, relative_cost
from autotext.components.feature import Counts, Documents, Feature, FitContext
from autotext.components.linear_model import LinearHead, LinearModel
from autotext.components.model import Model
from autotext.components.normalizer import Normalizer
from autotext.components.pretrained_feature import PretrainedFeature
from autotext.components.registry import component, outside_modules, registry
from autotext.components.token_lists import TokenLists
from autotext.components.tokenizer import Tokenizer

__all__ = ["Component", "Counts", "Documents", "Feature", "FitContext", "LinearHead", "LinearModel", "Model",
           "Normalizer", "PretrainedFeature", "State", "TokenLists", "Tokenizer", "component", "is_expensive",
           "outside_modules", "register", "registry", "relative_cost"]
