"""``python -m autotext`` is the command ``autotext``."""

from autotext.cli import main

if __name__ == "__main__":
    main()
