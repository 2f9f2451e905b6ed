"""Public data sets that the project uses and does not hold: where they are, pinned by SHA-256."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.rules import refusal

__all__ = ["REGISTRY", "OpenDataset", "OpenFile", "dataset"]


@dataclass(frozen=True)
class OpenFile:
    """One published file: its name here, where it lies under an address, and its SHA-256."""

    name: str
    place: str
    sha256: str


@dataclass(frozen=True)
class OpenDataset:
    """A published data set.

    ``addresses`` are tried in order; each ends in a slash and the places of the files
    follow it. ``page`` is for people, ``doi`` without a prefix.
    """

    name: str
    title: str
    producer: str
    version: str
    doi: str
    licence: str
    page: str
    addresses: tuple[str, ...]
    files: tuple[OpenFile, ...]

    def file(self, name: str) -> OpenFile:
        """The entry of that file name."""
        return next(entry for entry in self.files if entry.name == name)


# The mirror is tagged by version. The bucket serves the newest version only, so that a later
# release of a file would be refused by its hash, never read in its place.
_NIMH = OpenDataset(
    name="nimh-ketamine-ds005917",
    title="NIMH Ketamine Mechanism of Action Study (NCT00088699)",
    producer="Evans JW, Nugent AC, Zarate CA; National Institute of Mental Health",
    version="1.0.1",
    doi="10.18112/openneuro.ds005917.v1.0.1",
    licence="CC0",
    page="https://openneuro.org/datasets/ds005917/versions/1.0.1",
    addresses=(
        "https://raw.githubusercontent.com/OpenNeuroDatasets/ds005917/1.0.1/",
        "https://s3.amazonaws.com/openneuro.org/ds005917/",
    ),
    files=(
        OpenFile(
            "participants.tsv",
            "participants.tsv",
            "34cdc8adfe06e76ca276216e00ea2dc1ae12c03ce186038d9fa541cb1ae4e592",
        ),
        OpenFile(
            "phenotype.tsv",
            "phenotype/phenotype.tsv",
            "5a4c4f92a72cb50070f7ffbd50ce3e5ea34a40c1e0f6245c27d1dc6575084b28",
        ),
        OpenFile(
            "participants.json",
            "participants.json",
            "1b3d54b2f5cfeb8fe2ff2c0a822aff2704b93aba8b1c22572396e676d02ec45a",
        ),
        OpenFile(
            "phenotype.json",
            "phenotype/phenotype.json",
            "fc1ab7a7fbb9bd33f2da5c385f40feda11aa75ff85554f4de729f023a1a9db82",
        ),
        OpenFile(
            "dataset_description.json",
            "dataset_description.json",
            "592a3a0c42bc8429ee9220422dd388b77343e01377631df1461454db7793d8d0",
        ),
    ),
)


REGISTRY: dict[str, OpenDataset] = {_NIMH.name: _NIMH}


def dataset(name: str) -> OpenDataset:
    """The registered data set of that name.

    Raises
    ------
    ReliefError
        ``data.unknown``, naming the data sets that exist.
    """
    if name not in REGISTRY:
        raise refusal("data.unknown", names=", ".join(REGISTRY))
    return REGISTRY[name]
