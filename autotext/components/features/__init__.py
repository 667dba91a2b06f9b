"""Features: documents to a sparse matrix; one component per file."""
