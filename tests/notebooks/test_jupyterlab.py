"""Notebooks as a researcher runs them: ``make lab STUDY=``, a real browser, restarted, run whole.

One notebook in the short form, all in the long one.
"""

from __future__ import annotations

import json
import os
import secrets
import shlex
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest

from analysis.sections.section import UNFORESEEN
from tests import length
from tests.browser import launched
from tests.designs import write_design
from tests.notebooks.cells import run

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SHORT = [path for path in NOTEBOOKS if path.name.startswith("01_")]
STUDY = "two infusions a person"
# Whatever study is open.
OF_NO_STUDY = "10_"
# A busy machine is no failure.
PATIENCE, DRAWN = 600.0, 60.0


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_design(tmp_path_factory.mktemp("clinic"), STUDY).parent


@pytest.fixture(scope="module")
def lab(study, tmp_path_factory):
    """Addresses of notebooks in a JupyterLab that ``make lab STUDY=`` starts; it stops by itself.

    On copies without outputs, since a browser saves what it shows.
    """
    own = tmp_path_factory.mktemp("lab")
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(notebook, own / path.name)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    options = [
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}",
        # The update check of JupyterLab would ask an address outside.
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    with served(recipe(study, options, own), own, f"http://127.0.0.1:{port}/api?token={token}"):
        yield lambda path: f"http://127.0.0.1:{port}/lab/tree/{path.name}?token={token}"


def recipe(study: Path, options: list[str], folder: Path) -> str:
    """What ``make lab STUDY=`` runs for a path relative to here, by this Python and on copies."""
    command = ["make", "-n", "lab", f"STUDY={os.path.relpath(study, ROOT)}"]
    # What `make test` was given is not for this one.
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    printed = subprocess.run(
        [*command, f"ARGS={shlex.join(options)}"],
        cwd=ROOT, env=env, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL,
    ).stdout  # fmt: skip
    line = printed[printed.index("RELIEF_STUDY=") :]
    return line.replace(".venv/bin/", f"{Path(sys.executable).parent}/").replace(
        "--notebook-dir=.", f"--notebook-dir={folder}"
    )


@contextmanager
def served(command: str, own: Path, address: str) -> Iterator[None]:
    """JupyterLab in a process of its own, with settings of its own."""
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    env = os.environ | {name: str(own / "settings" / name.lower()) for name in folders}
    env["JUPYTERLAB_SETTINGS_DIR"] = str(settings(own / "settings"))
    with (own / "lab.log").open("w") as log:
        server = subprocess.Popen(
            ["sh", "-c", f"exec env {command}"],
            cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        wait_for(address, server)
        yield
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE)


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
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    pytest.fail("JupyterLab ended, or did not answer in ten minutes")


@pytest.fixture(scope="module")
def browser():
    with launched() as own:
        yield own


@pytest.mark.parametrize("path", NOTEBOOKS if length.LONG else SHORT, ids=lambda path: path.name)
def test_every_cell_runs_from_a_fresh_kernel_on_a_study_of_ones_own(path, browser, lab, study):
    from playwright.sync_api import expect  # the browser was skipped where it is not installed

    expect.set_options(timeout=1000 * DRAWN)
    stored = nbformat.read(path, as_version=4)
    cells = sum(cell.cell_type == "code" for cell in stored.cells)
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(1000 * PATIENCE)
    page.goto(lab(path))
    # A kernel that is still starting would swallow the restart.
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name="Restart Kernel and Run All Cells…").click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    page.locator(f".jp-InputPrompt:text-is('[{cells}]:')").wait_for()
    # A busy browser draws the outputs of a cell after the number that says it is done.
    shown = page.locator(".jp-RenderedImage img")
    expect(shown).to_have_count(pictures(path, study))
    if not path.name.startswith(OF_NO_STUDY):
        expect(page.get_by_text(f"Study: {STUDY} (synthetic)")).to_have_count(1)
    assert page.locator(".jp-RenderedText[data-mime-type*='error']").count() == 0
    assert page.get_by_text(UNFORESEEN.strip("*")).count() == 0
    page.close()


def pictures(path: Path, study: Path) -> int:
    """How many figures the cells show in this process."""
    shown = run(path, str(study))
    in_sections = sum(len(one.alternatives) for one in shown.sections)
    return in_sections + sum(str(value).startswith("<figure: ") for value in shown.values)
