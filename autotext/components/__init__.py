"""Normalizers, tokenizers, features and models: one file per component."""

from autotext.components.component import Component, State, register
from autotext.components.features._base import Counts, Documents, Feature
from autotext.components.features._pretrained import PretrainedFeature
from autotext.components.features._tokens import TokenLists
from autotext.components.models._base import LinearHead, LinearModel, Model
from autotext.components.normalizers._base import Normalizer
from autotext.components.registry import component, is_expensive, outside_modules, registry, relative_cost
from autotext.components.tokenizers._base import Tokenizer

__all__ = ["Component", "Counts", "Documents", "Feature", "LinearHead", "LinearModel", "Model", "Normalizer",
           "PretrainedFeature", "State", "TokenLists", "Tokenizer", "component", "is_expensive", "outside_modules", "register",
           "registry", "relative_cost"]
