"""Scores: metrics, their bootstrap, the correction of their selection bias, and held-out rows."""
