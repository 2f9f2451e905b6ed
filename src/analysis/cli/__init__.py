"""The command line.

In: what was typed. Out: text or JSON on standard output, one sentence and exit code 2 for what
cannot be done. Not here: anything that is computed.
"""

# The second imports the first, to which it adds its commands.
from analysis.cli.commands import app
from analysis.cli.program import main
from analysis.cli.upkeep import calibrate

__all__ = ["app", "calibrate", "main"]
