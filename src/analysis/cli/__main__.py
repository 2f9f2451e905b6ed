"""``python -m analysis.cli``, the same as ``relief``."""

from analysis.cli import main

# A process that is started beside this one reads the file too.
if __name__ == "__main__":
    main()
