"""Scores: metrics, their bootstrap, the correction of selection bias, and held-out test rows."""
