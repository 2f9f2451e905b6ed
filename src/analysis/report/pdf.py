"""A page as PDF, printed by headless Chromium where there is one."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from analysis.paths import chromium
from analysis.writing import write_atomic

__all__ = ["NO_BROWSER", "print_page"]

NO_BROWSER = (
    "No PDF was written: there is no Chromium on this machine; install one, or name it in "
    "RELIEF_CHROMIUM."
)
FAILED = "No PDF was written: Chromium could not print the page; print it from any browser instead."
SECONDS = 120
OPTIONS = ("--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync", "--no-pdf-header-footer")  # fmt: skip


def print_page(page: Path) -> Path | str:
    """Print a page beside itself, ``index.html`` as ``index.pdf``.

    Returns
    -------
    Path or str
        The PDF, or the sentence that says why there is none.
    """
    browser = chromium()
    if browser is None:
        return NO_BROWSER
    target = page.resolve().with_suffix(".pdf")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "page.pdf"
        # Chromium refuses its sandbox to the superuser.
        alone = ("--no-sandbox",) if getattr(os, "geteuid", lambda: 1)() == 0 else ()
        arguments = [browser, *OPTIONS, *alone, f"--user-data-dir={folder}/profile",
                     f"--print-to-pdf={made}", page.resolve().as_uri()]  # fmt: skip
        try:
            subprocess.run(arguments, capture_output=True, timeout=SECONDS, check=False)
            printed = made.read_bytes()
        except (OSError, subprocess.TimeoutExpired):
            return FAILED
        if not printed.startswith(b"%PDF"):
            return FAILED
        write_atomic(target, printed)
    return target
