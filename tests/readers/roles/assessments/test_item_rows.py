"""Rows of items become forms, whatever the order of the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.readers.roles.assessments.item_rows import _numbered


@pytest.mark.parametrize("together", [True, False])
def test_keys_are_numbered_in_the_order_of_their_first_rows(together):
    rng = np.random.default_rng(4)
    keys = rng.integers(0, 6, (200, 3))
    keys = keys[np.lexsort(keys.T)] if together else keys
    texts = pd.DataFrame(keys).astype(str)
    first = {key: number for number, key in enumerate(dict.fromkeys(map(tuple, texts.to_numpy())))}
    expected = [first[tuple(row)] for row in texts.to_numpy()]
    columns = [texts[0].astype("category"), texts[1], texts[2].astype("category")]
    numbers, rows = _numbered(columns)
    assert numbers.tolist() == expected
    assert rows.tolist() == [expected.index(number) for number in range(len(first))]
