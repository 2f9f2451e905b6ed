"""Every notebook on studies unlike the example: no cell fails, what is missing is a sentence.

Cell by cell in this process; from kernels in test_study_notebooks.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import replace

import pytest

from analysis.describe.onset import crossing
from analysis.describe.robustness import missing, tipping
from analysis.describe.scores import change
from analysis.paths import EXAMPLE_STUDY, NOTEBOOKS
from analysis.sections import opening, verdict
from analysis.sections.robustness import multiverse
from analysis.sections.scores import first_session
from analysis.sections.section import UNFORESEEN, Section
from analysis.studies import opened
from tests import length
from tests.designs import DESIGNS, drawn, write, write_design
from tests.notebooks.cells import run
from tests.notebooks.one_answer import disagreements

# All or nearly the same whatever study is open: run once, with the example.
OF_NO_STUDY = ("09_", "10_")
PATHS = [path for path in sorted(NOTEBOOKS.glob("*.ipynb")) if path.name[:3] not in OF_NO_STUDY]
# Those that test_study_notebooks does not run from kernels; in the long form all of them.
SHORT = ("crossover in days", "single arm", "three arms", "week forms only",
         "hours without dissociation or guess", "two infusions a person")  # fmt: skip
SEED = length.seed(16)
# Pictures of no people: what forms ask about, what simulations counted.
OF_NOBODY = ("recall window", "Simulated trials", "Published differences")

# What each of them cannot feed, in words that a sentence must hold.
ABSENT = {
    "crossover in days": ["asked to guess", "no CADSS score", "within hours", "no second site"],
    "single arm": ["no comparator", "asked to guess", "no PTSD scale that looks back"],
    "three arms": ["published or declared reliable change", "no second site", "no crossover"],
    "week forms only": ["no second one to show", "no analysis within hours"],
    "hours without dissociation or guess": ["asked to guess", "no CADSS score", "looks back"],
    "many sites": ["two ratings before", "no crossover"],
    "two infusions a person": ["no second site", "three windows or more"],
    "visits by name, without times": ["no CADSS score", "no analysis within hours"],
}


@pytest.fixture(autouse=True)
def _faster(monkeypatch):
    """What is the same for every study, or takes as long for each, is drawn once or less often."""
    monkeypatch.setattr(opening, "opened", functools.cache(opened))
    if length.LONG:
        return
    for module, names in {
        first_session: ("made_up_correlations", "two_made_up_cohorts", "foretold", "worth"),
        multiverse: ("characteristics", "coverage"),
        verdict: ("other_assumptions", "other_assumptions_published"),
    }.items():
        for name in names:
            monkeypatch.setattr(module, name, lambda *_: Section(()))
    monkeypatch.setattr(multiverse, "DEALS", 19)
    # Draws that no sentence here hangs on.
    monkeypatch.setattr(change, "DRAWS", 199)
    monkeypatch.setattr(crossing, "RESAMPLES", 199)
    for module in (missing, tipping):
        monkeypatch.setattr(module, "DRAWS", 40)


def shown_of(path):
    return [run(notebook, str(path)) for notebook in PATHS]


def titles(section):
    """Everything that is written in a figure."""
    for block in section.blocks:
        if hasattr(block, "ax"):
            figure = block.ax.get_figure(root=True)
            axes = figure.axes
            yield " ".join(
                [figure.get_suptitle()]
                + [one.get_title(loc=side) for one in axes for side in ("left", "center")]
                + [text.get_text() for one in axes for text in one.texts]
            ).casefold()


def unmarked(shown):
    """Figures of made-up people without the mark, in the picture or in words."""
    for one in shown.sections:
        for text, alt in zip(titles(one), one.alternatives, strict=True):
            if not any(words in alt for words in OF_NOBODY):
                yield from [alt] if "synthetic" not in text else []
                yield from [alt] if not alt.startswith("Synthetic data") else []


def faults(shown):
    return [fault for one in shown for fault in one.faults]


@pytest.mark.parametrize("name", DESIGNS if length.LONG else SHORT)
def test_no_cell_fails_and_each_missing_topic_is_a_sentence(name, tmp_path):
    shown = shown_of(write_design(tmp_path, name))
    assert faults(shown) == []
    assert disagreements(shown) == []
    assert [fault for one in shown for fault in unmarked(one)] == []
    told = " ".join(text for one in shown for text in one.missing)
    assert [words for words in ABSENT[name] if words not in told] == []


@pytest.mark.parametrize("seed", [SEED + k for k in range(length.trials(short=1, long=20))])
def test_no_cell_fails_on_a_study_that_a_seed_makes_up(seed, tmp_path, capsys):
    print(f"seed {seed}: {drawn(seed)}")
    shown = shown_of(write(tmp_path, drawn(seed)))
    assert faults(shown) == []
    assert disagreements(shown) == []


@pytest.fixture(scope="module")
def example_as_real(tmp_path_factory):
    """The files of the example with ``synthetic = false`` and a name of their own."""
    folder = tmp_path_factory.mktemp("clinic")
    for path in EXAMPLE_STUDY.iterdir():
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".csv":
            (folder / path.name.replace("_synthetic", "")).write_text(text, encoding="utf-8")
    text = (EXAMPLE_STUDY / "study.toml").read_text(encoding="utf-8").replace("_synthetic", "")
    text = text.replace("synthetic = true", "synthetic = false").replace('"example"', '"clinic"')
    lines = [line for line in text.splitlines() if not line.startswith(("#", "title"))]
    (folder / "study.toml").write_text("\n".join(lines), encoding="utf-8")
    assert tomllib.loads("\n".join(lines))["study"]["synthetic"] is False
    return folder


def not_marked(shown):
    """Figures and alternative texts that call anything synthetic, but for what is made up."""
    for one in shown.sections:
        yield from (text for text in titles(one) if "synthetic" in text)
        yield from (alt for alt in one.alternatives if "ynthetic" in alt)


def test_the_example_as_real_is_nowhere_called_synthetic(example_as_real):
    for path in PATHS:
        shown = run(path, str(example_as_real))
        assert shown.faults == []
        if length.LONG and path.name.startswith("06_"):
            continue  # It shows a method on people made up on purpose.
        assert list(not_marked(shown)) == []
        assert "synthetic data" not in shown.text().casefold()


def test_others_see_every_notebook_of_real_people_without_a_fault(tmp_path):
    made = replace(DESIGNS["many sites"], per_arm=16)
    study = str(write(tmp_path, made, "clinic", synthetic=False))
    for path in PATHS:
        shown = run(path, study, "shared")
        assert shown.faults == []
        assert "For the study team" not in shown.text()


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_no_committed_notebook_tells_of_anything_unforeseen(path):
    """Of what a cell shows, which nbval compares with a new run."""
    assert UNFORESEEN not in path.read_text(encoding="utf-8")


if length.LONG:

    def test_the_example_feeds_the_notebooks_that_are_of_no_study():
        for path in sorted(NOTEBOOKS.glob("*.ipynb")):
            if path.name[:3] in OF_NO_STUDY:
                shown = run(path)
                assert shown.faults == []
                assert len(shown.values) > 5
