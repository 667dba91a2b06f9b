"""Pipelines: from a configuration to a chain of components, to a fitted pipeline, and to a folder on disk."""

from autotext.pipeline.calibration import Decision, cross_fitted, decide_alone, fit_temperature, learn_decision
from autotext.pipeline.chain import Chain
from autotext.pipeline.ensemble import MOST_MEMBERS, Ensemble, EnsembleWeight, average_members, choose_weights, hold_models
from autotext.pipeline.fitted import FittedPipeline
from autotext.pipeline.text_pipeline import TextPipeline, load_pipeline
from autotext.pipeline.transferred import Transferred

__all__ = ["MOST_MEMBERS", "Chain", "Decision", "Ensemble", "EnsembleWeight", "FittedPipeline", "TextPipeline",
           "Transferred", "average_members", "choose_weights", "cross_fitted", "decide_alone", "fit_temperature",
           "hold_models", "learn_decision", "load_pipeline"]
