"""``python -m analysis.simulate``: write the example study."""

from analysis.simulate.example import main

main()
