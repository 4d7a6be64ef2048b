"""``python -m datamaestro``."""

from datamaestro.program import main

if __name__ == "__main__":
    main()
