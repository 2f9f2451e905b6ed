"""What R saved is read as R shows it; the pinned CSVs of two packages are what it makes of them."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from analysis.readers.open_data.r_table import _column, _Vector, csv_of

# R 4.2.2: d <- data.frame(id = factor(c("a", "b", NA)), n = c(1L, NA, 3L), x = c(0.1, NA, -2),
# s = c("\u00e9", "t", NA)); save(d, file = "small.rda"), and with compress = "xz", version = 2.
SAVED_BY_R = base64.b64decode(
    """
    H4sIAAAAAAAAAwtyiTDmiuBiYGBgZmBhYmJgZgUyGVhDQ9x0LRiAIkAOIwMLAyeITgEqEgYyWIA0L1gHSJKBgakB
    pAdVMVtOallqTjGQJQBSATMiEcZIQlPPmpyTWAxTDjckLTG5JL8IyPoHxHArIdaB2Xwg2n7nTBCYVf8BJMy+6AAD
    HAhA1DWATGM6vBJmewmQ4PwPBOiuyEvMTYW5ggUqyJSZAtOXB2NUwBjFEBOY/6M5nSslsSRRL60IaB6aHZxF+eV6
    MHt4YcEHdMtfqD//AQCf4JaQlAEAAA==
    """
)
SAVED_BY_R_2 = base64.b64decode(
    """
    /Td6WFoAAAFpIt42AgAhARwAAAAQz1jM4AGKALZdACkRB1RXIuRuUsqfktkkYTyzHMdu+351IdX0vS3BaxnTIKlX
    MfxqCES3XoRy+/XFaheN7nYRNBhS+lfR2mq6GvGbz+dVOlHchaNenmoywlIKPLMwt6hwipZ987PTeDku1/aY09Iq
    f+rntRyPxkLgkylveM8lXmt3lMVo6koq5ciCoJGP9rW8CyVkzydD4JaZXSdPbbqtgmEGnRM3GQGGh3b9NVv7sU07
    4ViLPn9EDXFaUIPIXBffAAAAD81+jwABzgGLAwAAyg3J7T4wDYsCAAAAAAFZWg==
    """
)
TABLE = "id,n,x,s\na,1,0.1,é\nb,,,t\n,3,-2.0,\n".encode()


@pytest.mark.parametrize("saved", [SAVED_BY_R, SAVED_BY_R_2], ids=["gzip-3", "xz-2"])
def test_factors_are_labels_and_what_is_missing_is_empty(saved):
    assert csv_of(saved) == TABLE


def test_what_is_missing_among_integers_is_a_number_among_doubles():
    values = [-(2.0**31), 0.5]
    assert list(_column(_Vector(np.array(values, dtype=">f8")))) == values
    assert _column(_Vector(np.array([-(2**31), 7], dtype=">i4"))) == [None, "7"]


@pytest.mark.parametrize(
    "content",
    [b"", b"id,n\n1,2\n", b"RDX3\nX\n\0\0", SAVED_BY_R[:100], SAVED_BY_R[:-30] + b"0" * 30],
    ids=["empty", "csv", "header alone", "cut off", "damaged"],
)
def test_anything_else_is_refused(content):
    with pytest.raises(ValueError, match="R saved"):
        csv_of(content)
