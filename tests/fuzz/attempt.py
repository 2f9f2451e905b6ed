"""Call relief on an input in this process, and say which promise it broke, if any."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import sys
import tempfile
import time
import tomllib
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

from analysis import checks, claims, studies
from analysis.cli import main
from analysis.errors import ReliefError
from tests.factory import TOKEN
from tests.fuzz.inputs import PAGE, PAGES, Call, Input
from tests.fuzz.seeds import NUMBER, Files

SECONDS, MEGABYTES = 20.0, 1000.0
# In the path of every input's folder, and so in no message.
FOLDER = "Folder8811Marble"
# Identifiers, free text, times of people, the folder: none of them may be told. The date of a
# register is how a message shows what is declared.
TIME = r"(?<!NCT00000000 )\b2025-03-\d\d"
SECRET = re.compile(rf"{TOKEN}|{NUMBER}00\d|{FOLDER}|{TIME}", re.IGNORECASE)
RULE = re.compile(r"\[([\w.-]+)\]\n$")


def write(files: Files, folder: Path) -> None:
    """Write an input's files."""
    for path, raw in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(raw)


@contextlib.contextmanager
def _captured(folder: Path) -> Iterator[dict[str, str]]:
    """What is printed, by compiled libraries too."""
    said: dict[str, str] = {}
    saved = {number: os.dup(number) for number in (1, 2)}
    files = {number: (folder / f"said{number}").open("w+b") for number in (1, 2)}
    for number, file in files.items():
        os.dup2(file.fileno(), number)
    try:
        yield said
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, file in files.items():
            os.dup2(saved[number], number)
            os.close(saved[number])
            file.seek(0)
            said[str(number)] = file.read().decode("utf-8", "replace")
            file.close()


def _resident(name: str) -> float:
    """Megabytes of this process: VmRSS now, VmHWM at its highest."""
    text = Path("/proc/self/status").read_text()
    match = re.search(rf"{name}:\s+(\d+) kB", text)
    return int(match[1]) / 1024 if match else math.nan


def _called(arguments: list[str]) -> int:
    sys.argv = ["relief", *arguments]
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def call(files: Files, *calls: Call) -> dict[str, Any]:
    """Calls one after the other: the last exit code, what was said, seconds, megabytes more.

    ``broken`` names the promise that was not kept, and is blank where all were; what comes
    after a call that broke one is not tried.
    """
    with tempfile.TemporaryDirectory() as temporary, _each_thing_once():
        folder = Path(temporary) / FOLDER
        folder.mkdir()
        write(files, folder)
        os.chdir(folder)
        found: list[dict[str, Any]] = []
        for arguments in calls:
            found.append(_one(Path(temporary), folder, arguments))
            if not found[-1]["broken"]:
                found[-1]["broken"] = _apart(found)
            if found[-1]["broken"]:
                break
        os.chdir("/")
        draft = folder / "draft.toml"
        written = draft.read_bytes() if draft.exists() else b""
    most = {name: max(told[name] for told in found) for name in ("seconds", "megabytes")}
    return {**found[-1], **most, "draft": written}


@contextlib.contextmanager
def _each_thing_once() -> Iterator[None]:
    """A study is read, checked and judged once, for all calls that ask for it."""
    with contextlib.ExitStack() as patched:
        for room, name in ((studies, "load_study"), (checks, "check"), (claims, "judge_checked")):
            patched.enter_context(patch.object(room, name, _once(getattr(room, name))))
        yield


def _once(action: Callable[..., Any]) -> Callable[..., Any]:
    """An action whose result, or refusal, on the same first argument is remembered."""
    known: dict[Any, Any] = {}

    def remembered(first: Any, *others: Any) -> Any:
        key = first if isinstance(first, str) else id(first)
        if key not in known:
            try:
                known[key] = first, action(first, *others)
            except ReliefError as refusal:
                known[key] = first, refusal
        found = known[key][1]
        if isinstance(found, ReliefError):
            raise found
        return found

    return remembered


def _one(room: Path, folder: Path, arguments: Call) -> dict[str, Any]:
    """One call, and what of the promises it broke."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    before, start = _resident("VmRSS"), time.process_time()
    escaped, code = "", -1
    with _captured(room) as said:
        warnings.simplefilter("always")
        try:
            code = _called([arguments[0], str(folder / arguments[1]), *arguments[2:]])
        except BaseException:
            escaped = traceback.format_exc()
    seconds = time.process_time() - start
    megabytes = _resident("VmHWM") - before
    out, err = said["1"], said["2"]
    pages = {path.name: path.read_bytes() for path in _beside(folder)}
    broken = _broken(code, out, err, escaped, arguments, pages)
    if not broken and seconds > SECONDS:
        broken = f"slow: {seconds:.0f} s"
    if not broken and megabytes > MEGABYTES:
        broken = f"large: {megabytes:.0f} MB"
    return {
        "exit": code, "broken": broken, "seconds": seconds, "megabytes": megabytes,
        "out": out[-3000:], "err": err[-3000:], "escaped": escaped[-6000:],
        "call": arguments, "rule": (RULE.findall(err) or [""])[0],
    }  # fmt: skip


def _beside(folder: Path) -> list[Path]:
    """What calls wrote beside the study: pages, drafts, and what they left of them."""
    own = [folder / PAGE, folder / "draft.toml", *folder.rglob("*.part")]
    return [path for path in [*own, *(folder / PAGES).glob("*")] if path.is_file()]


def _apart(found: list[dict[str, Any]]) -> str:
    """Where a call ends otherwise than the one before it: all read and refuse the same study."""
    ends = [(told["exit"], told["rule"]) for told in found[-2:]]
    if ends[0] == ends[-1]:
        return ""
    names = [told["call"][0] for told in found[-2:]]
    return f"{names[0]} ends with {ends[0]}, {names[1]} with {ends[1]}"


def _broken(
    code: int, out: str, err: str, escaped: str, arguments: Call, written: Mapping[str, bytes]
) -> str:
    """The first promise that was not kept; ``written`` are the files beside the study."""
    if escaped:
        return f"traceback: {_place(escaped)}"
    if code not in (0, 2):
        return f"exit {code}"
    if found := SECRET.search(out + err):
        around = (out + err)[max(found.start() - 60, 0) : found.end() + 20]
        return f"value told: {re.sub('[0-9]+', '0', around)!r}"
    for name, raw in written.items():
        if name.endswith(".html") and (found := SECRET.search(raw.decode("utf-8", "replace"))):
            return f"value on a page: {re.sub('[0-9]+', '0', found[0])!r}"
        if name.endswith(".part"):
            return "a page broken off"
    if code == 2 and not re.fullmatch(r"relief: [^\n]+ \[[\w.-]+\]\n", err):
        return f"not one line: {err[:80]!r}"
    # A report of real people tells its sender what it holds.
    told = arguments[0] == "report" and err.startswith("In the page: ")
    if code == 0 and err and (not told or "Warning" in err):
        return f"said beside: {err.splitlines()[0][-120:]}"
    if code == 2 and (rule := RULE.findall(err)[0]) in ("internal", "memory"):
        return rule
    if arguments[0] == "report" and ("index.html" in written) == (code == 2):
        return "no page" if code == 0 else "a page beside an error"
    if "--json" in arguments:
        return _no_json(out, code)
    if arguments[0] == "init" and code == 0:
        return _no_draft(written.get("draft.toml", b""))
    return "" if code == 0 or not out else "said on standard output beside an error"


def _no_json(out: str, code: int) -> str:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        document = json.loads(out, parse_constant=refuse)
    except ValueError as error:
        return f"no JSON: {error}"
    return "" if ("error" in document) == (code == 2) else "JSON and exit code disagree"


def _no_draft(draft: bytes) -> str:
    try:
        tomllib.loads(draft.decode("utf-8"))
    except ValueError as error:
        return f"draft: {type(error).__name__} {str(error)[:40]}"
    return ""


def _place(escaped: str) -> str:
    """The kind of an exception and the project's own line that it came through last."""
    own = re.findall(r'src/analysis/(\S+)", line (\d+)', escaped)
    last = escaped.strip().splitlines()[-1].split(":")[0]
    return f"{last} at {own[-1][0]}:{own[-1][1]}" if own else last


def attempt(made: Input) -> dict[str, Any]:
    """One input, called; with what it was."""
    told = call(made.files, *made.calls)
    # Names of columns are written into a draft, and other changes may put the token there.
    draft, named = told.pop("draft"), not made.kind.startswith("content: ")
    if not (told["broken"] or named or "renamed" in made.kind) and TOKEN.encode() in draft:
        told["broken"] = "value in the draft"
    return {"format": made.format, "kind": made.kind, **told}
