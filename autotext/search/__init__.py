"""Searching: an Optuna study, guarded workers, and the act of evaluating."""
