"""A notebook as a researcher runs it: JupyterLab in a real browser, restarted, every cell run."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest

from tests.browser import launched

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = "01_the_data.ipynb"


@pytest.fixture
def lab(tmp_path):
    """The address of a JupyterLab on a stripped copy of one notebook; it stops by itself."""
    notebook = nbformat.read(ROOT / "notebooks" / NOTEBOOK, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, tmp_path / NOTEBOOK)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    own = {name: str(tmp_path / name.lower()) for name in folders}
    own["JUPYTERLAB_SETTINGS_DIR"] = str(settings(tmp_path / "settings"))
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += ["--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    command += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={tmp_path}"]
    # The update check of JupyterLab would ask an address outside.
    command += [
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    with (tmp_path / "lab.log").open("w") as log:
        server = subprocess.Popen(
            command, env=os.environ | own, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/api?token={token}", server)
        yield f"http://127.0.0.1:{port}/lab/tree/{NOTEBOOK}?token={token}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def settings(folder: Path) -> Path:
    """Every cell drawn, so that a test can look at it, and no question about news."""
    wanted = {
        "notebook-extension/tracker": {"windowingMode": "none"},
        "apputils-extension/notification": {"fetchNews": "false"},
    }
    for name, value in wanted.items():
        path = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(value), encoding="utf-8")
    return folder


def wait_for(address: str, server: subprocess.Popen) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    pytest.fail("JupyterLab did not answer within a minute")


def test_every_cell_runs_from_a_fresh_kernel_in_jupyterlab(lab):
    stored = nbformat.read(ROOT / "notebooks" / NOTEBOOK, as_version=4)
    cells = sum(cell.cell_type == "code" for cell in stored.cells)
    figures = sum(
        "image/png" in output.get("data", {})
        for cell in stored.cells
        for output in cell.get("outputs", [])
    )
    with launched() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(lab)
        # A kernel that is still starting would swallow the restart.
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
        page.get_by_role("menuitem", name="Kernel", exact=True).click()
        page.get_by_role("menuitem", name="Restart Kernel and Run All Cells…").click()
        page.locator(".jp-Dialog .jp-mod-accept").click()
        page.locator(f".jp-InputPrompt:text-is('[{cells}]:')").wait_for(timeout=120_000)
        assert page.locator(".jp-RenderedText[data-mime-type*='error']").count() == 0
        assert page.locator(".jp-RenderedImage img").count() == figures
