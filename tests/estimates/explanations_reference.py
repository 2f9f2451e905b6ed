"""The listing of R for blinding, slopes by arm, pooling and mediation, by topic and case."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

LISTING = Path(__file__).parents[1] / "reference" / "estimates" / "explanations.csv"


def cases(topic: str) -> dict[str, dict[str, float]]:
    """Each case of a topic with its numbers by name."""
    table = pd.read_csv(LISTING, comment="#", dtype={"case": str}, na_filter=False)
    own = table[table["topic"] == topic]
    return {str(case): g.set_index("name")["value"].to_dict() for case, g in own.groupby("case")}


def people() -> pd.DataFrame:
    """The made-up people of the listing: arm, baseline x, mediator m, score y, site."""
    table = pd.DataFrame(cases("people")).T.sort_index(key=lambda index: index.astype(int))
    return pd.DataFrame(
        {
            "arm": table["t"].map({1: "ketamine", 0: "midazolam"}),
            "baseline": table["x"],
            "mediator": table["m"],
            "score": table["y"],
            "site": table["site"].map({1: "a", 2: "b", 3: "c"}),
        }
    ).reset_index(drop=True)
