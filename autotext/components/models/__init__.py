"""Models: features to margins; one component per file."""
