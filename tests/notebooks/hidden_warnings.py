"""What hides a warning, an error or an output from the reader of a notebook, by its syntax tree.

Names are followed through the imports and assignments of all cells, so that another name for
``warnings.simplefilter`` hides nothing. What makes warnings louder (``"error"``, ``"raise"``)
passes, and only where it is written out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

LOUD_FILTERS = {"error", "always", "all", "default"}
LOUD_STATES = {"raise", "warn"}
LOUD_LEVELS = {"NOTSET", "DEBUG", "INFO", "WARN", "WARNING"}
WARNING = 30  # logging's number of it

Harmless = Callable[[ast.Call], bool]


def arguments(call: ast.Call) -> dict[str | None, ast.expr]:
    """The first argument, under None, and the named ones."""
    first: dict[str | None, ast.expr] = {None: call.args[0]} if call.args else {}
    return first | {word.arg or "**": word.value for word in call.keywords}


def written(node: ast.expr | None) -> object:
    """What an argument says where it is a constant or a constant's name, such as INFO."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.value if isinstance(node, ast.Constant) else "not written out"


def loud_filter(call: ast.Call) -> bool:
    given = arguments(call)
    return written(given.get("action", given.get(None))) in LOUD_FILTERS


def loud_context(call: ast.Call) -> bool:
    """Filters put back at the end; nothing recorded, since that is not seen either."""
    given = arguments(call)
    return not given or (set(given) == {"action"} and loud_filter(call))


def loud_state(call: ast.Call) -> bool:
    given = arguments(call)
    return len(call.args) <= 1 and {written(node) for node in given.values()} <= LOUD_STATES


def loud_level(call: ast.Call) -> bool:
    given = arguments(call)
    level = written(given.get("level", given.get(None)))
    number = isinstance(level, int) and level <= WARNING
    return (number or level in LOUD_LEVELS) and set(given) <= {None, "level"}


def enabling(call: ast.Call) -> bool:
    given = arguments(call)
    return written(given.get("level", given.get(None))) in ("NOTSET", 0)


def never(_: ast.Call) -> bool:
    return False


# What hides, by its full name, and which calls of it are harmless. A mention that is no call,
# such as another name for it or an argument, never is.
HIDING: dict[str, Harmless] = {
    "__import__": never,
    "builtins.__import__": never,
    "eval": never,
    "exec": never,
    "importlib.import_module": never,
    "contextlib.suppress": never,
    "logging.basicConfig": loud_level,
    "logging.disable": enabling,
    "logging.lastResort": never,
    "logging.raiseExceptions": never,
    "os.devnull": never,
    "os.dup2": never,
    "scipy.special.seterr": loud_state,
    "subprocess.DEVNULL": never,
    "sys.stderr": never,
    "sys.stdout": never,
    "sys.warnoptions": never,
    "warnings.filters": never,
}
# What hides whatever it belongs to: a logger, numpy or a module of one's own.
HIDING_NAMES: dict[str, Harmless] = {
    "NullHandler": never,
    "addFilter": never,
    "captureWarnings": never,
    "capture_output": never,
    "catch_warnings": loud_context,
    "chained_assignment": never,
    "clear_output": never,
    "errstate": loud_state,
    "filterwarnings": loud_filter,
    "formatwarning": never,
    "get_ipython": never,
    "redirect_stderr": never,
    "redirect_stdout": never,
    "removeHandler": never,
    "setLevel": loud_level,
    "seterr": loud_state,
    "seterrcall": never,
    "showwarning": never,
    "simplefilter": loud_filter,
    "suppress_warnings": never,
}
WHOLE = {"contextlib", "logging", "warnings"}  # nothing is taken from these by a star
SILENCED = {"disable", "disabled", "propagate"}  # attributes of loggers that are set
STREAMS = {"capture_output", "stderr", "stdout"}  # arguments that lead a program's output away
BROAD = {"BaseException", "BaseExceptionGroup", "Exception", "ExceptionGroup"}
TEXT = re.compile(
    r"(?:[12&]?>|\|)\s*(?:/dev/null|&-)|PYTHONWARNINGS|PYTHON_LOG|(?:^|\s)-W|%%?capture"
    r"|chained(?:_a|$)|^(?:simplefilter|filterwarnings|catch_warnings|suppress)$",
)


def hidden(sources: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The place of each code cell that hides something, from 1, and what does it.

    Cells that are not plain Python are passed over: another guard refuses them.
    """
    trees = {place: tree for place, source in enumerate(sources, 1) if (tree := _tree(source))}
    names = _other_names(trees.values())
    for place, tree in trees.items():
        found = {what for node in ast.walk(tree) for what in _of_node(node, names)}
        found |= set(_mentioned(tree, names))
        yield from ((place, what) for what in sorted(found))


def _tree(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return None


def _other_names(trees: Iterable[ast.Module]) -> dict[str, str]:
    """Full names behind the names that imports and assignments make."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    names[alias.asname] = alias.name
        elif isinstance(node, ast.ImportFrom):
            names |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    assigned = [
        (target.id, node.value)
        for node in nodes
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    ]
    for _ in range(3):  # another name of another name of another name
        for name, value in assigned:
            full = _full(value, names)
            if full and full != name:
                names.setdefault(name, full)
    return names


def _full(node: ast.expr | None, names: dict[str, str]) -> str:
    """The full name of a dotted expression; blank for anything else."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{_full(node.value, names)}.{node.attr}"
    return _full(node.value, names) if isinstance(node, ast.NamedExpr) else ""


def _mentioned(tree: ast.Module, names: dict[str, str]) -> Iterator[str]:
    """Names that hide, unless the call they stand in is harmless."""
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    loud = {
        id(target)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and written(node.value) in LOUD_STATES
        for target in node.targets
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Name | ast.Attribute) or id(node) in loud:
            continue
        full = _full(node, names)
        last = full.rpartition(".")[2]
        harmless = HIDING.get(full, HIDING_NAMES.get(last))
        if harmless and not (id(node) in calls and harmless(calls[id(node)])):
            yield last


def _of_node(node: ast.AST, names: dict[str, str]) -> Iterator[str]:
    """What hides by its form: handlers, texts, arguments, attributes that are set."""
    if isinstance(node, ast.ExceptHandler):
        types = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        caught = [_full(kind, names).rpartition(".")[2] for kind in types]
        broad = any(not name or name in BROAD or name.endswith("Warning") for name in caught)
        raises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
        if (broad and not raises) or all(map(_does_nothing, node.body)):
            yield "except"
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        if TEXT.search(node.value):
            yield "a text that hides"
    elif isinstance(node, ast.ImportFrom) and node.module in WHOLE:
        if any(alias.name == "*" for alias in node.names):
            yield f"all of {node.module}"
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        if node.attr in SILENCED:
            yield node.attr
    elif isinstance(node, ast.Call):
        yield from (word.arg for word in node.keywords if word.arg in STREAMS)
        reached = _full(node.func, names) in ("getattr", "vars", "setattr")
        if reached and node.args and _full(node.args[0], names) in WHOLE:
            yield "getattr"


def _does_nothing(statement: ast.stmt) -> bool:
    nothing = isinstance(statement, ast.Pass | ast.Continue | ast.Break)
    return nothing or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )
