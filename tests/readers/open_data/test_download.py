"""Open data: declared folder, cache, download; one sentence where none serves."""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import Progress

from analysis.cli import main
from analysis.errors import DataUnavailable, ReliefError
from analysis.readers.open_data import download, registry
from analysis.readers.open_data.fetch import available, fetch, fetch_all, present
from analysis.readers.open_data.registry import OpenDataset, OpenFile
from tests.readers.open_data.test_r_table import SAVED_BY_R, TABLE

FILES = {"people.tsv": b"id\tgroup\na\tx\n", "scores.tsv": b"id\tscore\na\t1\n"}
NAME = "made-up"


class _Server(http.server.ThreadingHTTPServer):
    """A loopback server that counts what it was asked for."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        self.folder = folder
        handler = partial(_Handler, directory=str(folder))
        super().__init__(("127.0.0.1", 0), handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class _Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    folder = tmp_path / "served"
    (folder / "inner").mkdir(parents=True)
    (folder / "people.tsv").write_bytes(FILES["people.tsv"])
    (folder / "inner" / "scores.tsv").write_bytes(FILES["scores.tsv"])
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with _Server(folder) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """An empty cache, nothing declared, and one made-up data set in the registry."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("RELIEF_CACHE", str(folder))
    monkeypatch.delenv("RELIEF_DATA", raising=False)
    places = {"people.tsv": "people.tsv", "scores.tsv": "inner/scores.tsv"}
    made_up = OpenDataset(
        name=NAME,
        title="A made-up data set",
        producer="nobody",
        version="1.0",
        doi="10.0/0",
        licence="CC0",
        page="",
        addresses=("http://127.0.0.1:9/",),
        files=tuple(
            OpenFile(name, places[name], hashlib.sha256(content).hexdigest())
            for name, content in FILES.items()
        ),
    )
    monkeypatch.setitem(registry.REGISTRY, NAME, made_up)
    return folder


@pytest.fixture
def declared(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "declared" / NAME
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    monkeypatch.setenv("RELIEF_DATA", str(folder.parent))
    return folder


def sentence(error: ReliefError, *secrets: Path) -> str:
    """The message, checked to be one line without a folder of the machine in it."""
    assert "\n" not in error.message
    assert "Traceback" not in error.message
    for secret in secrets:
        assert str(secret) not in error.message
    return error.message


def test_downloads_once_verifies_and_reads_from_the_cache_afterwards(server, cache, capfd):
    assert available(NAME) == (
        False,
        "would be downloaded from http://127.0.0.1:9/ on first use",
    )
    folder = fetch(NAME, base_url=server.address)
    assert folder == cache / NAME
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == FILES
    assert server.asked == ["/people.tsv", "/inner/scores.tsv"]
    assert fetch(NAME) == folder
    assert available(NAME) == (True, "in the cache of earlier downloads")
    assert len(server.asked) == 2
    # No bar and no log where nobody watches.
    assert capfd.readouterr() == ("", "")


def test_a_base_url_needs_no_slash_and_a_damaged_cache_is_filled_again(server, cache):
    folder = fetch(NAME, base_url=server.address.rstrip("/"))
    (folder / "people.tsv").write_bytes(b"damaged")
    assert not available(NAME)[0]
    assert (fetch(NAME, base_url=server.address) / "people.tsv").read_bytes() == FILES["people.tsv"]
    assert server.asked.count("/inner/scores.tsv") == 1


def test_the_declared_folder_comes_first(server, cache, declared):
    fetched = fetch(NAME, base_url=server.address)
    assert fetched == declared
    assert server.asked == []
    assert available(NAME) == (True, "in the folder that RELIEF_DATA names")


def test_a_changed_file_in_the_declared_folder_is_refused_and_left_alone(server, cache, declared):
    (declared / "scores.tsv").write_bytes(b"id\tscore\na\t2\n")
    with pytest.raises(ReliefError) as caught:
        fetch(NAME, base_url=server.address)
    assert caught.value.rule == "data.changed"
    assert "made-up/scores.tsv" in sentence(caught.value, declared)
    assert server.asked == []
    assert (declared / "scores.tsv").read_bytes() == b"id\tscore\na\t2\n"
    here, reason = available(NAME)
    assert not here
    assert "SHA-256 differs" in reason


def test_a_declared_folder_with_a_file_missing_falls_through(server, cache, declared):
    (declared / "scores.tsv").unlink()
    assert fetch(NAME, base_url=server.address) == cache / NAME


def test_the_second_address_serves_when_the_first_does_not(server, cache, monkeypatch):
    first = registry.REGISTRY[NAME]
    both = OpenDataset(**(vars(first) | {"addresses": (*first.addresses, server.address)}))
    monkeypatch.setitem(registry.REGISTRY, NAME, both)
    assert fetch(NAME) == cache / NAME


def test_another_file_than_the_published_one_is_refused(server, cache, tmp_path):
    (tmp_path / "served" / "people.tsv").write_bytes(b"another release")
    with pytest.raises(DataUnavailable, match="SHA-256 differs") as caught:
        fetch(NAME, base_url=server.address)
    sentence(caught.value, tmp_path)
    assert not (cache / NAME / "people.tsv").exists()


def test_a_missing_file_on_the_server_is_one_sentence(server, cache, tmp_path, capfd):
    (tmp_path / "served" / "inner" / "scores.tsv").unlink()
    with pytest.raises(DataUnavailable, match="it answered 404") as caught:
        fetch(NAME, base_url=server.address)
    assert caught.value.rule == "data.unavailable"
    message = sentence(caught.value, tmp_path)
    for words in (NAME, "RELIEF_DATA is not set", server.address, "set RELIEF_DATA to"):
        assert words in message
    assert capfd.readouterr() == ("", "")


def test_an_unreachable_address_is_one_sentence(cache, declared, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (declared / "people.tsv").unlink()
    with pytest.raises(DataUnavailable, match="could not be reached") as caught:
        fetch(NAME)
    assert "RELIEF_DATA does not hold all its files" in sentence(caught.value, declared, cache)


def test_a_cache_that_cannot_be_written_is_one_sentence(server, cache, tmp_path):
    cache.write_text("a file where the folder should be")
    with pytest.raises(DataUnavailable, match="cache cannot be written") as caught:
        fetch(NAME, base_url=server.address)
    sentence(caught.value, tmp_path)


def test_a_server_that_hangs_is_one_sentence(cache, monkeypatch):
    def hang(*_: object, **__: object) -> None:
        raise download.requests.Timeout

    monkeypatch.setattr(download.pooch, "retrieve", hang)
    with pytest.raises(DataUnavailable, match="did not answer within 30 seconds"):
        fetch(NAME)


def test_the_bar_speaks_the_protocol_of_pooch():
    with Progress(console=Console(quiet=True)) as progress:
        bar = download._Bar(progress, "file")
        bar.total = 10
        bar.update(4)
        assert (bar.total, progress.tasks[0].completed) == (10, 4)
        bar.reset()
        bar.update(10)
        bar.close()
        assert progress.tasks[0].finished


# --- all of them: relief data ----------------------------------------------------------------


def served_by(server, monkeypatch) -> None:
    """The one set of the registry is the made-up one, at the loopback server."""
    made_up = replace(registry.REGISTRY[NAME], addresses=(server.address,))
    for name in list(registry.REGISTRY):
        monkeypatch.delitem(registry.REGISTRY, name)
    monkeypatch.setitem(registry.REGISTRY, NAME, made_up)


def test_licence_and_size_are_said_before_the_first_request(server, cache, monkeypatch):
    served_by(server, monkeypatch)
    said = []
    (row,) = fetch_all([], lambda text: said.append((text, list(server.asked))))
    assert said == [(f"{NAME}: A made-up data set. CC0, 0 kB, from {server.address}", [])]
    assert row["downloaded"]
    assert row["folder"] == str(cache / NAME)
    assert present(NAME) == cache / NAME
    (again,) = fetch_all([NAME], said.append)
    assert not again["downloaded"]
    assert said[-1].endswith("is here")
    assert len(server.asked) == 2


def test_without_a_connection_all_that_is_missing_is_one_sentence(cache, capsys, monkeypatch):
    nowhere = replace(registry.REGISTRY[NAME], addresses=("http://127.0.0.1:9/",))
    for name in list(registry.REGISTRY):
        monkeypatch.setitem(registry.REGISTRY, name, replace(nowhere, name=name))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("sys.argv", ["relief", "data", "--json"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["rule"] == "data.not-downloaded"
    assert len(err.splitlines()) == len(registry.REGISTRY) + 1
    last = err.splitlines()[-1]
    assert all(name in last for name in registry.REGISTRY)
    assert "could not be reached" in last
    assert present(NAME) is None


def test_an_unknown_name_downloads_nothing(server, cache, monkeypatch):
    served_by(server, monkeypatch)
    with pytest.raises(ReliefError, match="known are made-up"):
        fetch_all([NAME, "other"], print)
    assert server.asked == []


def test_a_table_that_r_saved_is_kept_as_csv_and_pinned_at_both_ends(server, cache, monkeypatch):
    (Path(server.folder) / "saved.rda").write_bytes(SAVED_BY_R)
    entry = OpenFile(
        "inner/table.csv",
        "saved.rda",
        hashlib.sha256(TABLE).hexdigest(),
        len(SAVED_BY_R),
        hashlib.sha256(SAVED_BY_R).hexdigest(),
    )
    served_by(server, monkeypatch)
    monkeypatch.setitem(registry.REGISTRY, NAME, replace(registry.dataset(NAME), files=(entry,)))
    folder = fetch(NAME)
    assert {p.name: p.read_bytes() for p in (folder / "inner").iterdir()} == {"table.csv": TABLE}
    other = replace(entry, sha256="0" * 64)
    monkeypatch.setitem(registry.REGISTRY, NAME, replace(registry.dataset(NAME), files=(other,)))
    with pytest.raises(DataUnavailable, match="SHA-256 differs"):
        fetch(NAME)
