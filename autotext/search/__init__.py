"""The search for the best pipeline: proposals of an Optuna study are evaluated on workers, and the best are refitted."""
