"""The faults that are tried: drawn once by a seed over rooms and modules, kept in faults.toml."""

from __future__ import annotations

import ast
import random
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutants.operators import functions, mutated, sites

__all__ = ["STORED", "Fault", "draw", "stored", "write"]

ROOT = Path(__file__).resolve().parents[2]
SOURCE, STORED = ROOT / "src" / "analysis", Path(__file__).with_name("faults.toml")
ROOMS = """config readers instruments timeline checks outcomes mmrm estimates evidence claims
    describe disclosure""".split()


@dataclass(frozen=True)
class Fault:
    """One fault, and the test modules that must catch it.

    Attributes
    ----------
    module : str
        Below src/analysis, without its ending.
    function, place, was
        As `tests.mutants.operators.mutated` takes them.
    tests : list of str
        Below tests.
    argued : str
        Why nothing can catch it, if nothing can: the faulty code says the same.
    """

    module: str
    function: str
    place: int
    was: str
    tests: list[str] = field(default_factory=list)
    argued: str = ""

    @property
    def path(self) -> Path:
        return SOURCE / f"{self.module}.py"

    def planted(self) -> tuple[ast.Module, str]:
        """The module's tree with the fault, and the fault in words."""
        source = self.path.read_text(encoding="utf-8")
        return mutated(source, self.function, self.place, self.was)


def stored() -> list[Fault]:
    """The faults of faults.toml."""
    return [Fault(**one) for one in tomllib.loads(STORED.read_text(encoding="utf-8"))["fault"]]


def draw(seed: int, count: int) -> list[Fault]:
    """Faults in turn over the rooms, each in a module of its own."""
    from tests.test_tree import LISTED, MODULES, TESTS, own_test

    rng = random.Random(seed)
    left = {room: sorted(m for m in MODULES if m.split("/")[0] == room) for room in ROOMS}
    found: list[Fault] = []
    while len(found) < count:
        room = ROOMS[len(found) % len(ROOMS)] if any(left.values()) else ""
        room = room if left[room] else rng.choice([name for name in ROOMS if left[name]])
        module = left[room].pop(rng.randrange(len(left[room])))
        tree = ast.parse((SOURCE / f"{module}.py").read_text(encoding="utf-8"))
        places = [
            (name, place, ast.unparse(node))
            for name, function in functions(tree)
            for place, (node, _) in enumerate(sites(function))
        ]
        if places:
            own = own_test(module)
            test = LISTED.get(module) or own.relative_to(TESTS).as_posix()
            found.append(Fault(module, *rng.choice(places), tests=[test]))
    return found


def write(faults: list[Fault], seed: int) -> None:
    """Keep the faults; what is said of a fault that was kept before stays with it."""
    lines = [
        "# Single faults, each caught by the tests named: python -m tests.mutants --draw SEED",
        f"seed = {seed}",
    ]
    for one in faults:
        lines += ["", "[[fault]]", *(f"{key} = {_toml(text)}" for key, text in vars(one).items()
                                     if text != "")]  # fmt: skip
    STORED.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _toml(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
