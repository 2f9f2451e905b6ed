"""What a single fault can be: one operator, condition, truth value or number of a function."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

__all__ = ["functions", "mutated", "sites"]

Function = ast.FunctionDef | ast.AsyncFunctionDef
OTHERS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
}  # fmt: skip


def functions(tree: ast.AST, above: str = "") -> Iterator[tuple[str, Function]]:
    """Functions and methods by their dotted names; those in a function belong to it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from functions(node, f"{above}{node.name}.")
        elif isinstance(node, Function):
            yield f"{above}{node.name}", node


def sites(function: Function) -> list[tuple[ast.AST, ast.AST]]:
    """Each place of a function that can be at fault, with what stands there instead."""
    found = []
    for node in _decides(function):
        other = _other(node)
        if other is not None:
            found.append((node, other))
    return found


def _decides(function: Function) -> Iterator[ast.AST]:
    """What is computed in a function: no annotation, no text, no message of an error."""
    left: list[ast.AST] = list(function.body)
    while left:
        node = left.pop(0)
        if isinstance(node, ast.Raise | ast.JoinedStr):
            continue
        yield node
        children = list(ast.iter_child_nodes(node))
        if isinstance(node, ast.AnnAssign):
            children = [child for child in children if child is not node.annotation]
        if isinstance(node, Function):
            children = [*node.body]
        left = children + left


def _other(node: ast.AST) -> ast.AST | None:
    other = copy.copy(node)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in OTHERS:
        other.ops = [OTHERS[type(node.ops[0])]()]
    elif isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in OTHERS:
        other.op = OTHERS[type(node.op)]()
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        other.value = not node.value
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        other.value = node.value + 1
    else:
        return None
    return other


def mutated(source: str, function: str, place: int, was: str) -> tuple[ast.Module, str]:
    """A module's tree with one fault, and the fault in words.

    Parameters
    ----------
    source : str
    function : str
        Its dotted name.
    place : int
        Which of its sites; another with the same text will do where code above it has changed.
    was : str
        What stands there, as `ast.unparse` writes it.

    Raises
    ------
    LookupError
        Where the function or the text is not there any more.
    """
    tree = ast.parse(source)
    all_sites = sites(dict(functions(tree))[function])
    same = [site for site in all_sites if ast.unparse(site[0]) == was]
    if not same:
        raise LookupError(f"{function} no longer holds {was!r}: draw the faults again")
    near = all_sites[place] if place < len(all_sites) else same[0]
    node, other = near if near in same else same[0]

    class Planted(ast.NodeTransformer):
        def visit(self, one: ast.AST) -> ast.AST:
            return other if one is node else self.generic_visit(one)

    told = f"{was} → {ast.unparse(other)}"
    return ast.fix_missing_locations(Planted().visit(tree)), told
