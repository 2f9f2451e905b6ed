"""A digest of people's files that nobody can guess at: keyed, or none.

A plain hash of a file with a row a person can be guessed: whoever knows the participants tries
every list of allocations until the hash fits.
"""

from __future__ import annotations

import hashlib
import hmac

from analysis.disclosure.keys import key

__all__ = ["keyed_digest"]


def keyed_digest(sources: dict[str, str]) -> str | None:
    """HMAC-SHA-256 (RFC 2104) of a study's files, its study.toml too; None without a key.

    Parameters
    ----------
    sources : dict
        File name to SHA-256 of its bytes.

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
    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(sources.items()))
    return f"hmac:{hmac.new(secret, lines.encode(), hashlib.sha256).hexdigest()}"
