"""A hash of the code that decides: of what it does, not of where it stands or how it is told.

From the functions that draw and judge a trial, names are followed to every function, class and
constant of this project that they reach, in whatever module. What is reached is hashed by its
syntax tree, written here in one form on every Python, and the digests as a sorted set: renaming
a file or moving a definition changes nothing. Nor do imports, comments, layout, docstrings,
annotations other than those of a class's fields, and what the message of an error says.

Only the standard library is used, so that any interpreter can run this file alone.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

__all__ = ["code_sha256", "folder_of", "reached"]

_IMPORTS = ast.Import | ast.ImportFrom
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
# Fields that tell how a tree was written, or that a newer Python adds: none changes what is done.
_UNSAID = {"ctx", "kind", "type_comment", "returns"}


def code_sha256(*roots: str) -> str:
    """The hash of everything that these definitions reach.

    Parameters
    ----------
    *roots : str
        Module and name, as in ``analysis.mmrm.model:prepare``.

    Raises
    ------
    LookupError
        For a name that is imported from this project and stands in no module of it.
    """
    texts = {f"{name}: {_written(node)}" for (_, name), nodes in reached(*roots).items()
             for node in nodes}  # fmt: skip
    digests = sorted(hashlib.sha256(text.encode()).hexdigest() for text in texts)
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def reached(*roots: str) -> dict[tuple[str, str], list[ast.stmt]]:
    """What the roots reach, themselves included.

    Of a class that is reached, its fields count, and of its methods those whose name is asked
    of anything in the code reached, or that Python calls by itself; all of them where it
    derives from a class of a library, which may call any.

    Returns
    -------
    dict
        Module and name (``Class.method`` for a method) to the statements that define it;
        under the name ``""`` the statements of a module that define nothing, which run when it
        is imported.
    """
    found: dict[tuple[str, str], list[ast.stmt]] = {}
    asked: set[str] = set()
    waiting: dict[str, list[tuple[str, str]]] = defaultdict(list)
    left = [_home(*root.split(":")) for root in roots]
    while left:
        place = left.pop()
        if place in found:
            continue
        module = _module(place[0])
        found[place] = module.defined[place[1]]
        left.append((place[0], ""))
        any_method = place[1] in module.methods and _is_of_library(*place)
        for method in module.methods.get(place[1], ()):
            own = (place[0], f"{place[1]}.{method}")
            if any_method or method in asked or method.startswith("__"):
                left.append(own)
            else:
                waiting[method].append(own)
        for node in found[place]:
            for name, attribute in _used(node):
                if name and (home := _found_in(module, name, attribute)) is not None:
                    left.append(home)
                if attribute not in asked:
                    asked.add(attribute)
                    left += waiting.pop(attribute, [])
    return {place: nodes for place, nodes in found.items() if nodes}


class _Module:
    """A module's text: what it defines at its top, and what it imports at any depth."""

    def __init__(self, name: str, file: Path) -> None:
        self.name = name
        self.defined: dict[str, list[ast.stmt]] = defaultdict(list)
        self.methods: dict[str, list[str]] = {}
        self.imported: dict[str, tuple[str, str]] = {}
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, _IMPORTS):
                self.imported |= self._bound(node, package=file.name == "__init__.py")
        for statement in tree.body:
            for own in _names(statement):
                self.defined[own].append(statement)
            if isinstance(statement, ast.ClassDef):
                self._take_out_methods(statement)

    def _take_out_methods(self, statement: ast.ClassDef) -> None:
        own = [node for node in statement.body if isinstance(node, _FUNCTIONS)]
        statement.body = [node for node in statement.body if not isinstance(node, _FUNCTIONS)]
        self.methods[statement.name] = list(dict.fromkeys(node.name for node in own))
        for node in own:
            self.defined[f"{statement.name}.{node.name}"].append(node)

    def _bound(
        self, node: ast.Import | ast.ImportFrom, *, package: bool
    ) -> dict[str, tuple[str, str]]:
        """Name to (module, name in it), the latter empty where the module itself is meant."""
        if isinstance(node, ast.Import):
            return {
                alias.asname or alias.name.partition(".")[0]: (
                    alias.name if alias.asname else alias.name.partition(".")[0], "")
                for alias in node.names
            }  # fmt: skip
        source = node.module or ""
        if node.level:
            up = self.name.split(".")
            up = up[: len(up) - node.level + package]
            source = ".".join([*up, source] if source else up)
        return {alias.asname or alias.name: (source, alias.name) for alias in node.names}


def _names(statement: ast.stmt) -> list[str]:
    """What a statement at the top of a module defines; ``""`` for one that only runs."""
    if isinstance(statement, _IMPORTS) or _is_text(statement) or _is_for_checkers(statement):
        return []
    if isinstance(statement, _FUNCTIONS | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.AnnAssign) and statement.value is None:
        return []
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        names = [node.id for target in targets for node in ast.walk(target)
                 if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]  # fmt: skip
        return [] if names == ["__all__"] else names or [""]
    return [""]


def _text(node: ast.AST) -> str:
    """What a text says; nothing for a node that is none."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_text(statement: ast.stmt) -> bool:
    """A docstring, or a comment written as a string."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _is_for_checkers(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.If)
        and isinstance(statement.test, ast.Name)
        and statement.test.id == "TYPE_CHECKING"
    )


@cache
def folder_of(package: str) -> Path:
    """Where a package of the top level stands; it is not imported."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"there is no package {package}")
    return Path(spec.submodule_search_locations[0])


@cache
def _file(module: str) -> Path | None:
    top, *parts = module.split(".")
    place = folder_of(top).joinpath(*parts)
    files = (place / "__init__.py", place.with_name(place.name + ".py"))
    return next((file for file in files if file.is_file()), None)


@cache
def _module(name: str) -> _Module:
    file = _file(name)
    if file is None:
        raise LookupError(f"there is no module {name}")
    return _Module(name, file)


def _says(module: _Module, name: str) -> bool:
    return name in module.defined or name in module.imported


def _home(module: str, name: str) -> tuple[str, str]:
    """The module that defines a name which another may only hand on."""
    own = _module(module)
    if name in own.defined:
        return module, name
    if name in own.imported:
        source, there = own.imported[name]
        if there:
            return _home(source, there)
    raise LookupError(f"{module} neither defines nor imports {name}")


def _found_in(module: _Module, name: str, attribute: str) -> tuple[str, str] | None:
    """Where a name used in a module, or an attribute of one, is defined; None for no own code."""
    if name in module.defined:
        return module.name, name
    source, there = module.imported.get(name, ("", ""))
    if source.partition(".")[0] != module.name.partition(".")[0]:
        return None
    inner = f"{source}.{there}" if there else source
    # What a package says of a name goes before a module of that name in it.
    if there and _says(_module(source), there):
        return _home(source, there)
    if _file(inner) is not None:
        # A module was imported, and the attribute is meant; if it has none such, the name
        # stands for something local here.
        return _home(inner, attribute) if _says(_module(inner), attribute) else None
    raise LookupError(f"{source} neither defines nor imports {there}")


def _is_of_library(module: str, name: str) -> bool:
    """Whether a class derives, at whatever distance, from one that is not of this project."""
    own = _module(module)
    for statement in own.defined[name]:
        for base in statement.bases if isinstance(statement, ast.ClassDef) else ():
            used = list(_used(base.value if isinstance(base, ast.Subscript) else base))
            homes = [_found_in(own, *one) for one in used if one[0]]
            if any(home is None or _is_of_library(*home) for home in homes):
                return True
    return False


def _used(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Names that a definition uses and attributes it asks for, one of the two may be empty."""
    left = [node]
    while left:
        part = left.pop()
        # What is raised, and what it says, decides nothing; that it is raised does.
        if isinstance(part, ast.Raise):
            continue
        left += ast.iter_child_nodes(part)
        if isinstance(part, ast.Attribute):
            yield (part.value.id if isinstance(part.value, ast.Name) else ""), part.attr
        elif isinstance(part, ast.Name):
            yield part.id, ""
        elif text := _text(part):
            # An annotation in quotation marks, or an attribute that is asked for by its name.
            yield text, ""
            yield "", text


def _written(node: ast.AST) -> str:
    """A tree as text: fields by name, those that are empty or tell nothing left out."""
    if isinstance(node, ast.JoinedStr):
        return f"JoinedStr({_list(_pieces(node))})"
    if isinstance(node, ast.Raise):
        exc = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return f"Raise({'' if exc is None else _written(exc)})"
    if isinstance(node, ast.AnnAssign):
        # Of a class's fields the annotation counts, and is written there.
        return f"Assign(targets=[{_written(node.target)}],value={_value(node.value)})"
    unsaid = _UNSAID | ({"annotation"} if isinstance(node, ast.arg) else set())
    said = [
        f"{name}={_value(value)}"
        for name, value in sorted(ast.iter_fields(node))
        if name not in unsaid and value is not None and value != []
    ]
    if isinstance(node, ast.ClassDef):
        fields = [one.annotation for one in node.body if isinstance(one, ast.AnnAssign)]
        said.append(f"annotations={_value(fields)}")
    return f"{type(node).__name__}({','.join(said)})"


def _value(value: object) -> str:
    if isinstance(value, ast.AST):
        return _written(value)
    return _list(value) if isinstance(value, list) else repr(value)


def _list(values: Iterable[object]) -> str:
    kept = [value for value in values if not _says_nothing(value)]
    return f"[{','.join(_value(value) for value in kept)}]"


def _says_nothing(value: object) -> bool:
    return isinstance(value, _IMPORTS | ast.Pass) or (
        isinstance(value, ast.stmt) and (_is_text(value) or _is_for_checkers(value))
    )


def _pieces(node: ast.JoinedStr) -> Iterator[ast.expr]:
    """Parts of an f-string, text beside text as one: Pythons cut it in different places."""
    text = ""
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += _text(part)
            continue
        if text:
            yield ast.Constant(text)
        text = ""
        yield part
    if text:
        yield ast.Constant(text)
