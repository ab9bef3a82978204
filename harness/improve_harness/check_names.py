"""Which full name an expression stands for, given the imports of its file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple


class Problem(NamedTuple):
    """A broken rule. `line` counts from 1, 0 means the file as a whole; `text` says what is wrong and what to do."""

    line: int
    text: str


def imported_names(tree: ast.AST) -> dict[str, str]:
    """Name in the file -> full name: {"np": "numpy", "sqrt": "math.sqrt", "torch": "torch"}."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def bound_names(tree: ast.AST) -> set[str]:
    """Names the file gives a meaning of its own anywhere: parameters, variables, functions, classes, imports."""
    return set(_bindings(tree))


def full_name(node: ast.expr, imported: dict[str, str]) -> str | None:
    """`np.linalg.norm` -> "numpy.linalg.norm"; None for what is not a chain of names."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([imported.get(node.id, node.id), *reversed(parts)])


def excerpt(node: ast.expr) -> str:
    """The beginning of an expression as text, for messages."""
    try:
        return ast.unparse(node)[:60]
    except (RecursionError, ValueError):  # too deep, or a number with thousands of digits
        return "a long expression"


def root_is_imported(node: ast.expr, imported: dict[str, str]) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in imported


def is_within(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix + ".")


def _bindings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.alias(name=name, asname=None):
                yield name.partition(".")[0]
            case ast.alias(asname=str(name)):
                yield name
