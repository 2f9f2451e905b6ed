"""Print how far the listings of R and our fits are apart, for README.md.

Run: ``RELIEF_DATA=FOLDER python -m tests.reference.mmrm.compare``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from tests.mmrm import r_listings as r


def rows(software: str, name: str, folder: Path) -> list[dict[str, object]]:
    """One row a covariance and method."""
    data = r.STUDIES[name].read(name, folder / r.FOLDERS.get(name, ""))
    table = r.listing(software, name)
    found = []
    for kind, method in table.kinds:
        ours = r.fit(name, data, kind, method)
        there = r.at(ours, r.listed_parameters(table, kind, method))
        listed = table.terms(kind, method, "coef")
        se = ours.bse.rename(index=r.plain)[listed.index]
        gap = (ours.params.rename(index=r.plain)[listed.index] - listed).abs() / se
        near = (there.params.rename(index=r.plain)[listed.index] - listed).abs() / se
        quantity = "exact loglik" if software == "glmmtmb" else "loglik"
        theirs = table.number(kind, method, quantity)
        found.append(
            {
                "software": software,
                "study": name,
                "covariance": kind,
                "method": method,
                "theirs": theirs,
                "ours": ours.loglik,
                "ours higher by": ours.loglik - theirs,
                "coef, se": gap.max(),
                "loglik at theirs": abs(there.loglik - theirs),
                "coef at theirs, se": near.max(),
            }
        )
    return found


def main() -> None:
    """One table of all listings."""
    folder = Path(os.environ["RELIEF_DATA"])
    found = []
    for software in sys.argv[1:] or ["gls", "glmmtmb", "lmer"]:
        for name in r.STUDIES:
            found += rows(software, name, folder)
    table = pd.DataFrame(found)
    with np.printoptions(precision=3):
        text = table.to_string(
            index=False,
            formatters={"theirs": "{:.8f}".format, "ours": "{:.8f}".format},
            float_format=lambda v: f"{v:.1e}",
        )
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
