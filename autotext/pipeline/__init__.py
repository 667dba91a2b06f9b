"""Configurations to chains, chains to pipelines, pipelines to folders."""

from autotext.pipeline.artifact import load_pipeline
from autotext.pipeline.blend import MOST_MEMBERS, Blend, Share, blended, choose_shares
from autotext.pipeline.calibration import Decision, cross_fitted, fit_temperature, learn_decision
from autotext.pipeline.chain import Chain
from autotext.pipeline.text_pipeline import TextPipeline
from autotext.pipeline.transferred import Transferred

__all__ = ["MOST_MEMBERS", "Blend", "Chain", "Decision", "Share", "TextPipeline", "Transferred", "blended",
           "choose_shares", "cross_fitted", "fit_temperature", "learn_decision", "load_pipeline"]
