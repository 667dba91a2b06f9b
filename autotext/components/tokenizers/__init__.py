"""Tokenizers: texts to lists of tokens; one component per file."""
