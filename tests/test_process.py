"""As a shell sees relief: all is printed, or it says why not; a signal ends it; files are whole."""

from __future__ import annotations

import gc
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.process import LEAST_MEMORY, collecting_seldom, started_deaf, unprinted
from tests.factory import tables, write_study
from tests.forks import End, ends
from tests.length import trials

FULL = "/dev/full"
pytestmark = pytest.mark.skipif(not Path(FULL).exists(), reason="this system has no /dev/full")


def commands(folder: Path) -> dict[str, tuple[str, ...]]:
    """Commands, in a form that prints little and ends soon; all write below a folder."""
    study = str(write_study(folder / "study", tables(n_per_arm=1)))
    every = {
        "help": ("--help",),
        "studies": ("studies",),
        "check": ("check", study, "--json"),
        "judge": ("judge", study),
        "report": ("report", study, "--out", str(folder / "out")),
        "init": ("init", str(folder / "study" / "scores.csv"),
                 "--out", str(folder / "out" / "draft.toml")),
        "calibrate": ("calibrate", "--worlds", "null", "--n", "3", "--replicates", "1",
                      "--out", str(folder / "out" / "counts")),
    }  # fmt: skip
    return {name: every[name] for name in trials(short=("help", "init"), long=every)}


WRITE = {"report", "init", "calibrate"}


def one_sentence(end: End, rule: str) -> None:
    """Exit code 2, one line of error, nothing else."""
    assert (end.code, end.out) == (2, ""), end
    assert end.err.startswith("relief: ")
    assert end.err.endswith(f" [{rule}]\n")
    assert end.err.count("\n") == 1


def test_a_full_disk_is_one_sentence_under_standard_output_and_under_files(tmp_path):
    calls = [*commands(tmp_path).values()]
    refused = {"arguments": ("judge", "no-such-study", "--json")}
    full = [{"arguments": call, "out": FULL} for call in calls]
    no_place = tmp_path / "no-place"
    no_place.mkdir()
    # Its folder "out" is a file.
    (no_place / "out").write_text("old")
    places = commands(no_place)
    unwritten = [{"arguments": places[name]} for name in places if name in WRITE]
    found = ends([*full, *unwritten, refused | {"out": FULL}, refused | {"out": FULL, "err": FULL}])
    for end in found[: len(calls)]:
        one_sentence(end, "output.full")
    for end in found[len(calls) : -2]:
        one_sentence(end._replace(out=""), "file.not-written")
    assert (no_place / "out").read_text() == "old"
    # A refusal stays the refusal, and its code, where not even that can be printed.
    one_sentence(found[-2], "study.unknown")
    assert found[-1].code == 2
    assert list(tmp_path.rglob("*.part")) == []


RELIEF = (sys.executable, "-m", "analysis.cli")


def started(arguments: tuple[str, ...], **streams: Any) -> subprocess.Popen[str]:
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*RELIEF, *arguments], text=True, **(pipes | streams))


def ended(process: subprocess.Popen[str]) -> End:
    out, err = process.communicate(timeout=120)
    return End(process.returncode, out, err)


@pytest.mark.parametrize(
    ("arguments", "code"), [(("studies", "--json"), 0), (("--help",), 0), (("judge", "--json"), 2)]
)
def test_a_reader_who_has_had_enough_ends_it_quietly(arguments, code):
    process = started(arguments)
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait() == code
    assert err.count("\n") == (code == 2)


def test_a_closed_standard_output_is_said():
    one_sentence(ended(started(("studies",), preexec_fn=lambda: os.close(1))), "output.closed")
    both = started(("studies",), preexec_fn=lambda: os.closerange(1, 3))
    assert ended(both) == End(2, "", "")


def limited(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))


@pytest.mark.parametrize("size", [100 << 20, LEAST_MEMORY - 1])
def test_too_little_memory_is_one_sentence(size):
    one_sentence(ended(started(("judge", "example"), preexec_fn=limited(size))), "memory")


def test_a_signal_ends_it_with_its_own_code_and_no_word(tmp_path):
    call = ("calibrate", "--worlds", "null", "--n", "15", "--out", str(tmp_path))
    signals = (signal.SIGINT, signal.SIGTERM)
    found = ends([{"arguments": call, "signal": int(number)} for number in signals])
    assert found == [End(128 + number, "", "") for number in signals]
    assert list(tmp_path.rglob("*.part")) == []


def test_ctrl_c_is_no_word_of_its_workers_either(tmp_path):
    call = ("calibrate", "--worlds", "null", "--n", "15", "--jobs", "2", "--out", str(tmp_path))
    # A shell has the processes that it starts in the background ignore Ctrl-C.
    heeds = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731
    process = started(call, start_new_session=True, preexec_fn=heeds)
    until = time.monotonic() + 60
    while not (tmp_path / "shards").exists() and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.5)
    # As a terminal does: to all of them.
    os.killpg(process.pid, signal.SIGINT)
    assert ended(process) == End(130, "", "")


def ctrl_c_of_all(told: list[str]) -> None:
    """Ctrl-C for this process, and for one that it starts, which tells that it went on."""
    child = "import os, signal; os.kill(os.getpid(), signal.SIGINT); print('goes on')"
    with started_deaf():
        signal.raise_signal(signal.SIGINT)
        run = subprocess.run([sys.executable, "-c", child], stdout=subprocess.PIPE, check=True)
        told.append(run.stdout.decode())


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="no signals are held back here")
def test_ctrl_c_while_workers_start_ends_the_process_afterwards():
    told: list[str] = []
    # A shell has what it starts in the background ignore Ctrl-C.
    own = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            ctrl_c_of_all(told)
    finally:
        signal.signal(signal.SIGINT, own)
    assert told == ["goes on\n"]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_what_a_reader_leaves_is_no_error():
    assert unprinted(BrokenPipeError()) is None


def test_a_command_leaves_the_collector_of_objects_as_it_was():
    usual = gc.get_threshold()
    with collecting_seldom():
        assert gc.get_threshold()[0] > usual[0]
    assert gc.get_threshold() == usual
