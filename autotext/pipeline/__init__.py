"""Configurations to chains, chains to pipelines, pipelines to folders."""

from autotext.pipeline.artifact import load_pipeline
from autotext.pipeline.chain import Chain
from autotext.pipeline.decision import Decision, cross_fitted, learn_decision
from autotext.pipeline.text_pipeline import TextPipeline

__all__ = ["Chain", "Decision", "TextPipeline", "cross_fitted", "learn_decision", "load_pipeline"]
