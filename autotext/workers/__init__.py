"""Worker processes, which fit and cross-validate configurations for the search."""
