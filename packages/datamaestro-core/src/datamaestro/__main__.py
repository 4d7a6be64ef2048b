"""``python -m datamaestro``."""

from datamaestro.cli import main

if __name__ == "__main__":
    main()
