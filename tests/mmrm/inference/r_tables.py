"""What the tests of this room share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.mmrm import MMRM
from tests.mmrm import r_listings as r

Fitted = Callable[..., MMRM]
NAMES = list(r.STUDIES)


def rows_of(result: MMRM, label: str) -> np.ndarray:
    """The identity's rows for the terms that R calls ``a:b``: their tests have several df."""
    factors = sorted(label.split(":"))
    terms = [r.plain(term).split(":") for term in result.params.index]
    chosen = [
        i
        for i, parts in enumerate(terms)
        if len(parts) == len(factors)
        and all(part.startswith(factor) for part, factor in zip(parts, factors, strict=True))
    ]
    return np.eye(len(terms))[chosen]


def table_of(result: MMRM) -> pd.DataFrame:
    return result.coefficients().rename(index=r.plain)
