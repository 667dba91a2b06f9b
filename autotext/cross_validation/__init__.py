"""Cross-validation of one configuration, and the caches that make the next one cheap."""
