"""The command line of autotext."""
