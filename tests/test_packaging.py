"""The wheel and the sdist, installed where nothing of the repository is; and each extra's absence.

Offline: the requirements are borrowed from the environment that runs the tests, those of the core
alone, so that what the core needs is also shown to be enough.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from analysis.errors import ReliefError, require
from analysis.studies import judge_source

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "analysis"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def run(*command: object, folder: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    """What a command prints in an environment that knows nothing of this one."""
    ours = ("PYTHON", "RELIEF", "VIRTUAL")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    done = subprocess.run(
        [*map(str, command)], cwd=folder, env=kept, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


# The two distributions


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, folder=ROOT)
    (path,) = folder.iterdir()
    return path


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the sdist, which so must hold all that it needs."""
    folder = tmp_path_factory.mktemp("wheel")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "source", filter="data")
    (source,) = (folder / "source").iterdir()
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, folder=source)
    (path,) = folder.glob("*.whl")
    return path


def needed(requirements: list[str]) -> Iterator[str]:
    """Names of the distributions that these requirements bring here, those of those included."""
    left, seen = [Requirement(text) for text in requirements], set()
    while left:
        requirement = left.pop()
        extras = requirement.extras or {""}
        name = canonicalize_name(requirement.name)
        asked = (name, *sorted(extras))
        marker = requirement.marker
        if asked in seen or (marker is not None and not marker.evaluate({"extra": ""})):
            continue
        seen.add(asked)
        yield name
        for text in distribution(name).requires or []:
            own = Requirement(text)
            if own.marker is None or any(own.marker.evaluate({"extra": e}) for e in extras):
                own.marker = None
                left.append(own)


@pytest.fixture(scope="module")
def core(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel and what its core needs; the path of its Python."""
    folder = tmp_path_factory.mktemp("core")
    base = sys._base_executable  # type: ignore[attr-defined]
    run(base, "-m", "venv", "--without-pip", folder / "venv", folder=folder)
    python = folder / "venv" / "bin" / "python"
    # The pip of the interpreter behind this environment, which set-up uses too.
    install = ("-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps")
    run(base, *install, wheel, folder=folder)
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    for name in set(needed(PROJECT["dependencies"])):
        files = distribution(name).files or []
        for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
            link = packages / top
            if not link.exists():
                link.symlink_to(Path(str(distribution(name).locate_file(top))))
    return python


def test_the_wheel_carries_types_and_every_file_that_is_no_code(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    beside = {
        path.relative_to(SOURCE.parent).as_posix()
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "analysis/py.typed" in beside
    assert beside <= names
    assert {"analysis/_data/claims.toml", "analysis/_data/docs/glossary.md"} <= names
    assert "analysis/_data/data/processed/calibration/table.csv" in names
    for folder in ("raw/example_synthetic", "raw/published"):
        files = {path.name for path in (ROOT / "data" / folder).iterdir()}
        assert {f"analysis/_data/data/{folder}/{name}" for name in files} <= names
    outside = {name for name in names - beside if not name.startswith("analysis/_data/")}
    assert all(name.startswith("relief_analysis-") for name in outside)


def test_the_wheel_installed_alone_lists_and_judges_what_it_carries(
    core: Path, tmp_path: Path
) -> None:
    relief = core.with_name("relief")
    listed = json.loads(run(relief, "studies", "--json", folder=tmp_path).stdout)
    assert {row["name"] for row in listed if row["available"]} >= {"published", "example"}
    for study in ("example", "published"):
        installed = json.loads(run(relief, "judge", study, "--json", folder=tmp_path).stdout)
        assert installed == judge_source(study)[0].as_dict()
    assert json.loads(run(relief, "check", "example", "--json", folder=tmp_path).stdout)["flow"]
    where = "import analysis; print(analysis.__file__)"
    assert str(core.parents[1]) in run(core, "-c", where, folder=tmp_path).stdout


def test_the_core_alone_names_the_extra_of_a_page(core: Path, tmp_path: Path) -> None:
    relief = core.with_name("relief")
    for words in (("report", "example"), ("check", "example", "--html", "page.html")):
        error = run(relief, *words, folder=tmp_path, code=2).stderr
        assert error == (
            "relief: A page needs the extra `report`: pip install 'relief-analysis[report]'. "
            "[extra.missing]\n"
        )
    assert not list(tmp_path.iterdir())


def test_an_installed_package_is_not_written_to(core: Path, tmp_path: Path) -> None:
    error = run(core.with_name("relief"), "calibrate", folder=tmp_path, code=2).stderr
    assert "--out" in error


# Each extra's absence

# What asks for it, as a program, and the first words of the sentence.
DOORS = {
    "report": ("import analysis.report", "A page", "jinja2"),
    "figures": ("import analysis.figures", "A figure", "seaborn"),
    "notebooks": (
        "from matplotlib.figure import Figure\n"
        "from analysis.figures import show\n"
        "show(Figure().subplots(), alt='empty')",
        "Showing a figure",
        "IPython",
    ),
    "databases": (
        "import analysis.readers.formats.omop",
        "A table of format omop",
        "duckdb_engine",
    ),
    "redcap": (
        "from pathlib import Path\n"
        "from analysis.config import SubjectTable\n"
        "from analysis.readers.formats.redcap.declared import open_redcap\n"
        "table = SubjectTable(format='redcap', url='https://example.org/api/', "
        "token_env='TOKEN', subject='id', arm='arm')\n"
        "open_redcap(Path(), table)",
        "A table from a REDCap server",
        "redcap",
    ),
    "cluster": (
        "from analysis.claims.calibration.run import calibrate\n"
        "calibrate(['null'], [15], replicates=1, scheduler='tcp://127.0.0.1:1')",
        "A Dask scheduler",
        "distributed",
    ),
}


@pytest.mark.parametrize("door", DOORS)
def test_a_missing_extra_is_one_sentence_that_names_it(door: str, tmp_path: Path) -> None:
    program, what, module = DOORS[door]
    absent = (
        f"import sys\nsys.path.insert(0, {str(SOURCE.parent)!r})\nsys.modules[{module!r}] = None\n"
        f"from analysis.errors import ReliefError\ntry:\n"
        + "".join(f"    {line}\n" for line in program.splitlines())
        + "except ReliefError as error:\n    print(error.rule, error.message)\n"
    )
    extra = "report" if door == "figures" else door
    assert run(sys.executable, "-c", absent, folder=tmp_path).stdout == (
        f"extra.missing {what} needs the extra `{extra}`: pip install 'relief-analysis[{extra}]'.\n"
    )


def test_what_is_there_is_not_asked_for() -> None:
    require("report", "jinja2", what="A page")
    with pytest.raises(ReliefError, match="needs the extra `report`"):
        require("report", "jinja2", "not_a_module", what="A page")


def test_the_extras_are_those_that_the_sentences_name() -> None:
    asked = set()
    for path in SOURCE.rglob("*.py"):
        asked |= set(re.findall(r'\brequire\(\s*"([a-z-]+)"', path.read_text(encoding="utf-8")))
    assert asked == set(EXTRAS) - {"build", "docs", "test"}
