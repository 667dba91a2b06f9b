"""Normalizers: texts to texts; one component per file."""
