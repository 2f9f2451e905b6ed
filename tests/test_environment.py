"""pyproject.toml, requirements.lock and environment.yml say the same. Offline: nothing is solved.

Each check is a function from parsed content to a list of problems, and is shown to bite.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]

# name on conda-forge: name on the package index, where they differ
CONDA_NAMES = {
    "matplotlib-base": "matplotlib",
    "playwright-python": "playwright",
    "python-duckdb": "duckdb",
    "python-tzdata": "tzdata",
    "seaborn-base": "seaborn",
}
CONDA_ONLY = {"pip", "python"}
# What conda-forge does not carry: environment.yml takes it by pip, pinned.
BY_PIP = {"axe-playwright-python", "pimeta", "pymetaanalysis"}
COMPUTES_AND_DRAWS = {
    "contourpy",
    "dask",
    "duckdb",
    "formulaic",
    "joblib",
    "kiwisolver",
    "matplotlib",
    "numpy",
    "pandas",
    "pandas-stubs",
    "patsy",
    "pillow",
    "pyarrow",
    "scipy",
    "seaborn",
    "statsmodels",
    "threadpoolctl",
    "tzdata",
}
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")

Ranges = dict[str, SpecifierSet]
Locked = list[tuple[Requirement, list[str]]]


# What the files say


def declared_ranges(pyproject: dict[str, Any]) -> Ranges:
    """Name and range of all that pyproject asks for: to build, to run, and all extras."""
    project = pyproject["project"]
    texts = [*pyproject["build-system"]["requires"], *project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        texts += extra
    ranges: Ranges = {}
    for requirement in map(Requirement, texts):
        name = canonicalize_name(requirement.name)
        ranges[name] = ranges.get(name, SpecifierSet()) & requirement.specifier
    return ranges


def conda_ranges(environment: dict[str, Any]) -> Ranges:
    """Name on the package index and range of all that environment.yml asks for."""
    ranges: Ranges = {}
    for text in [e for e in environment["dependencies"] if isinstance(e, str)] + by_pip(
        environment
    ):
        name, _, specifier = text.partition(" ")
        ranges[CONDA_NAMES.get(name, name)] = SpecifierSet(specifier)
    return ranges


def by_pip(environment: dict[str, Any]) -> list[str]:
    """What environment.yml takes from the package index."""
    return [
        text
        for entry in environment["dependencies"]
        if isinstance(entry, dict)
        for text in entry.get("pip", [])
    ]


def locked(text: str) -> Locked:
    """Requirement and options of each entry of a lock."""
    text = re.sub(r"(?m)^\s*#.*$", "", text).replace("\\\n", " ")
    entries = [line.strip() for line in text.splitlines() if line.strip()]
    return [
        (Requirement(entry.split(" --")[0]), entry.split()[1:])
        for entry in entries
        if not entry.startswith("-")
    ]


# What is wrong with them


def lock_problems(text: str) -> list[str]:
    problems = [f"an address: {mark}" for mark in ("://", "file:", " @ ") if mark in text]
    problems += [f"an option: {option}" for option in re.findall(r"(?m)^-.*", text)]
    for requirement, options in locked(text):
        operators = [specifier.operator for specifier in requirement.specifier]
        if operators != ["=="] or "*" in str(requirement.specifier):
            problems.append(f"{requirement.name} is not pinned to one version")
        hashes = [option for option in options if option.startswith("--hash")]
        if not hashes or not all(map(HASH.fullmatch, hashes)):
            problems.append(f"{requirement.name} has no SHA-256, or a broken one")
    return problems


def conda_problems(environment: dict[str, Any]) -> list[str]:
    problems = [
        f"channel {channel}"
        for channel in environment["channels"]
        if channel not in {"conda-forge", "nodefaults"}
    ]
    if "conda-forge" not in environment["channels"]:
        problems.append("conda-forge is missing")
    problems += [
        f"not from conda-forge: {text}"
        for text in by_pip(environment)
        if not re.fullmatch(rf"({'|'.join(sorted(BY_PIP))}) ==[0-9.]+", text)
    ]
    for entry in environment["dependencies"]:
        if isinstance(entry, dict) and list(entry) == ["pip"]:
            continue
        if not isinstance(entry, str):
            problems.append(f"not from conda-forge: {', '.join(entry)}")
        elif not re.fullmatch(r"[a-z0-9_-]+( (>=|<|!=)[0-9.]+(,(>=|<|!=)[0-9.]+)*)?", entry):
            problems.append(f"neither a name nor a name and a range: {entry}")
    return problems


def missing(pyproject: Ranges, conda: Ranges, lock: Locked) -> list[str]:
    """Requirements that one of the three files has and another has not."""
    pinned = {canonicalize_name(requirement.name) for requirement, _ in lock}
    problems = [f"{name} is not in environment.yml" for name in sorted(set(pyproject) - set(conda))]
    problems += [
        f"{name} is not in pyproject.toml"
        for name in sorted(set(conda) - set(pyproject) - CONDA_ONLY)
    ]
    problems += [f"{name} is not in requirements.lock" for name in sorted(set(pyproject) - pinned)]
    return problems


def out_of_range(ranges: Ranges, lock: Locked) -> list[str]:
    """Locked versions, for any platform or Python, that a range does not allow."""
    return [
        str(requirement)
        for requirement, _ in lock
        for version in [next(iter(requirement.specifier)).version]
        if version not in ranges.get(canonicalize_name(requirement.name), SpecifierSet())
    ]


def other_versions(lock: Locked) -> list[str]:
    """Packages that are not the same on every Python: in two versions, or numbers on some alone.

    What computes and draws prints other digits in another version, so each is there once and for
    every Python and platform; the rest (backports, one platform's) may be there for some.
    """
    names = [canonicalize_name(requirement.name) for requirement, _ in lock]
    problems = [f"{name} is there twice" for name, count in Counter(names).items() if count > 1]
    problems += [
        f"{requirement.name} is not there on every Python: {requirement.marker}"
        for requirement, _ in lock
        if canonicalize_name(requirement.name) in COMPUTES_AND_DRAWS and requirement.marker
    ]
    return problems


def python_problems(pyproject: dict[str, Any], conda: Ranges) -> list[str]:
    wanted = SpecifierSet(pyproject["project"]["requires-python"])
    lowest = min(specifier.version for specifier in wanted if specifier.operator == ">=")
    said = {
        "environment.yml": conda.get("python") == wanted,
        "ruff": pyproject["tool"]["ruff"]["target-version"] == "py" + lowest.replace(".", ""),
        "mypy": pyproject["tool"]["mypy"]["python_version"] == lowest,
    }
    return [
        f"{place} has another Python than {wanted}" for place, agrees in said.items() if not agrees
    ]


# The files themselves


@pytest.fixture(scope="module")
def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def environment() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    return parsed


@pytest.fixture(scope="module")
def lock() -> Locked:
    return locked((ROOT / "requirements.lock").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-tools.lock"])
def test_lock_is_pinned_hashed_and_without_addresses(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert locked(text)
    assert lock_problems(text) == []


def test_conda_takes_ranges_from_conda_forge_only(environment: dict[str, Any]) -> None:
    assert conda_problems(environment) == []


def test_every_requirement_is_in_all_three(
    pyproject: dict[str, Any], environment: dict[str, Any], lock: Locked
) -> None:
    assert missing(declared_ranges(pyproject), conda_ranges(environment), lock) == []


def test_locked_versions_are_in_both_ranges(
    pyproject: dict[str, Any], environment: dict[str, Any], lock: Locked
) -> None:
    assert out_of_range(declared_ranges(pyproject), lock) == []
    assert out_of_range(conda_ranges(environment), lock) == []


def test_every_python_gets_the_same_versions(lock: Locked) -> None:
    assert other_versions(lock) == []
    assert {canonicalize_name(requirement.name) for requirement, _ in lock} >= COMPUTES_AND_DRAWS


def test_python_agrees(pyproject: dict[str, Any], environment: dict[str, Any]) -> None:
    assert python_problems(pyproject, conda_ranges(environment)) == []


# The checks bite

SHA = "--hash=sha256:" + "0" * 64
GOOD_LOCK = (
    f"# a comment\nnumpy==2.4.6 ; python_full_version < '3.12' \\\n    {SHA} \\\n    {SHA}\n"
)


def test_a_good_lock_has_no_problems() -> None:
    assert lock_problems(GOOD_LOCK) == []
    ((requirement, options),) = locked(GOOD_LOCK)
    assert requirement.name == "numpy"
    assert options.count(SHA) == 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"numpy>=2 \\\n    {SHA}\n", "not pinned"),
        (f"numpy==2.* \\\n    {SHA}\n", "not pinned"),
        (f"numpy \\\n    {SHA}\n", "not pinned"),
        ("numpy==2.4.6\n", "no SHA-256"),
        ("numpy==2.4.6 \\\n    --hash=sha256:abc\n", "a broken one"),
        ("numpy==2.4.6 \\\n    --hash=md5:" + "0" * 32 + "\n", "a broken one"),
        (f"numpy @ https://example.org/numpy.whl \\\n    {SHA}\n", "an address"),
        (f"# from file:wheels\n{GOOD_LOCK}", "an address"),
        (f"--index-url simple\n{GOOD_LOCK}", "an option"),
        (f"-e .\n{GOOD_LOCK}", "an option"),
    ],
)
def test_a_broken_lock_is_seen(text: str, problem: str) -> None:
    assert any(problem in found for found in lock_problems(text))


@pytest.mark.parametrize(
    ("channels", "entry", "problem"),
    [
        (["conda-forge", "defaults"], "numpy >=2", "channel defaults"),
        (["nodefaults"], "numpy >=2", "conda-forge is missing"),
        (["conda-forge"], "numpy ==2.4.6", "neither"),
        (["conda-forge"], "numpy=2.4", "neither"),
        (["conda-forge"], "numpy 2.4.*", "neither"),
        (["conda-forge"], "bioconda::numpy", "neither"),
        (["conda-forge"], {"pip": ["numpy"]}, "not from conda-forge"),
    ],
)
def test_a_broken_environment_is_seen(channels: list[str], entry: object, problem: str) -> None:
    found = conda_problems({"channels": channels, "dependencies": [entry]})
    assert any(problem in text for text in found)


def test_a_missing_requirement_is_seen() -> None:
    lock, numpy = locked(GOOD_LOCK), {"numpy": SpecifierSet(">=2")}
    both = {**numpy, "scipy": SpecifierSet()}
    assert missing(numpy, numpy, lock) == []
    assert missing(both, numpy, lock) == [
        "scipy is not in environment.yml",
        "scipy is not in requirements.lock",
    ]
    assert missing(numpy, both, lock) == ["scipy is not in pyproject.toml"]


def test_a_version_out_of_range_is_seen_for_every_platform() -> None:
    lock = locked(GOOD_LOCK + f"numpy==2.5.5 ; sys_platform == 'win32' \\\n    {SHA}\n")
    assert out_of_range({"numpy": SpecifierSet(">=2.2")}, lock) == []
    (found,) = out_of_range({"numpy": SpecifierSet(">=2.2,<2.5")}, lock)
    assert "2.5.5" in found


def test_another_version_on_another_python_is_seen() -> None:
    assert other_versions(locked(f"numpy==2.4.6 \\\n    {SHA}\n")) == []
    assert other_versions(locked(f"zipp==4.1 ; python_version < '3.12' \\\n    {SHA}\n")) == []
    (marked,) = other_versions(locked(GOOD_LOCK))
    assert "every Python" in marked
    twice = f"soupsieve==2.10 \\\n    {SHA}\nsoupsieve==4.1 \\\n    {SHA}\n"
    assert other_versions(locked(twice)) == ["soupsieve is there twice"]


def test_another_python_is_seen() -> None:
    pyproject = {
        "project": {"requires-python": ">=3.11"},
        "tool": {"ruff": {"target-version": "py311"}, "mypy": {"python_version": "3.11"}},
    }
    assert python_problems(pyproject, {"python": SpecifierSet(">=3.11")}) == []
    assert len(python_problems(pyproject, {"python": SpecifierSet(">=3.12")})) == 1
    assert len(python_problems(pyproject, {})) == 1
    pyproject["project"]["requires-python"] = ">=3.12"
    assert len(python_problems(pyproject, {"python": SpecifierSet(">=3.12")})) == 2


def test_names_are_mapped_and_extras_and_build_counted() -> None:
    conda = conda_ranges({"dependencies": ["seaborn-base >=0.13", "pip", {"pip": ["x ==1"]}]})
    assert conda == {
        "seaborn": SpecifierSet(">=0.13"),
        "pip": SpecifierSet(),
        "x": SpecifierSet("==1"),
    }
    pyproject = {
        "build-system": {"requires": ["hatchling>=1"]},
        "project": {
            "dependencies": ["numpy>=2"],
            "optional-dependencies": {"a": ["hatchling<2"], "b": ["PyYAML"]},
        },
    }
    assert declared_ranges(pyproject) == {
        "hatchling": SpecifierSet(">=1,<2"),
        "numpy": SpecifierSet(">=2"),
        "pyyaml": SpecifierSet(),
    }
