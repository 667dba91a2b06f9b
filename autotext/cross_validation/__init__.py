"""Cross-validation of one configuration, and the caches that let later ones reuse its work."""
