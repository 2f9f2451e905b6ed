"""A digest of people's files that nobody can guess at: keyed, or none.

A plain hash of a file with a row a person can be guessed: whoever knows the participants tries
every list of allocations until the hash fits.
"""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from analysis.disclosure.keys import key

__all__ = ["keyed_digest"]


def keyed_digest(sources: dict[str, str], declaration: Path) -> str | None:
    """HMAC-SHA-256 (RFC 2104) of a study's tables and its study.toml; None without a key.

    Parameters
    ----------
    sources : dict
        File name to SHA-256 of its bytes.
    declaration : Path
        study.toml, so that a changed primary instrument or comparator leaves a trace.

    Returns
    -------
    str or None
        ``hmac:`` and 64 hexadecimal digits, made under ``RELIEF_KEY`` or the user's own key.

    Raises
    ------
    ReliefError
        As :func:`analysis.disclosure.keys.key`.
    """
    secret = key()
    if secret is None:
        return None
    toml = declaration / "study.toml" if declaration.is_dir() else declaration
    digests = {**sources, "study.toml": hashlib.sha256(toml.read_bytes()).hexdigest()}
    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(digests.items()))
    return f"hmac:{hmac.new(secret, lines.encode(), hashlib.sha256).hexdigest()}"
