"""What a pipeline may not use, wherever it stands: imports off the list, names that reach outside, tables of numbers."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .check_names import Problem, bound_names, full_name, imported_names, is_within, root_is_imported

LIBRARIES = ("torch", "torchvision", "timm", "numpy")
STANDARD = (
    *("math", "random", "functools", "itertools", "collections", "dataclasses", "typing", "typing_extensions", "__future__"),
    *("enum", "abc", "copy", "contextlib", "warnings", "operator", "statistics", "string", "re"),
)
OURS = ("improve_harness.contract", "improve_harness.ops")
COMPONENTS = ("data", "model", "training")
ALLOWED = "a pipeline may import torch, torchvision, timm, numpy, improve_harness and the pure parts of the standard library"

NO_NETWORK = "there is no network; name weights in PRETRAINED of model.py"
NO_FILES = "the harness hands over the images and keeps the weights"
NO_PROCESSES = "the harness owns processes and threads"
REFUSED = {
    "torch.hub": NO_NETWORK,
    "torch.utils.model_zoo": NO_NETWORK,
    "torchvision.datasets": NO_FILES,
    "torchvision.io": NO_FILES,
    **{
        f"torch.{name}": NO_FILES
        for name in ("load", "save", "serialization", "from_file", "package", "jit.load", "jit.save", "export.load")
    },
    **{
        f"numpy.{name}": NO_FILES
        for name in ("load", "loadtxt", "genfromtxt", "fromfile", "memmap", "save", "savez", "savetxt", "ctypeslib")
    },
    "torch.multiprocessing": NO_PROCESSES,
    "torch.distributed": NO_PROCESSES,
    "torch.utils.cpp_extension": "compiled extensions cannot be exported; use tensor operations",
    "torch.ops.load_library": "compiled extensions cannot be exported; use tensor operations",
    "torch.classes.load_library": "compiled extensions cannot be exported; use tensor operations",
}
OUTSIDE = ("os", "sys", "subprocess", "socket", "ctypes", "inspect", "importlib", "builtins", "shutil", "pathlib", "pickle")
BUILTINS = {
    "open": NO_FILES,
    "input": "nobody answers",
    "breakpoint": "nobody answers",
    **dict.fromkeys(("exec", "eval", "compile", "__import__"), "write the code out"),
    **dict.fromkeys(
        ("globals", "locals", "vars", "__builtins__", "__loader__", "__spec__", "__file__"), "use plain names and arguments"
    ),
}
# `object.__subclasses__` and its like lead from any value to the interpreter's inside
ESCAPES = frozenset(
    [
        "__subclasses__",
        "__globals__",
        "__builtins__",
        "__bases__",
        "__base__",
        "__mro__",
        "__code__",
        "__closure__",
        "__loader__",
        "__spec__",
        "__import__",
        "__getattribute__",
        "__reduce__",
        "__reduce_ex__",
        "f_globals",
        "f_locals",
        "f_back",
        "f_builtins",
        "gi_frame",
        "cr_frame",
        "tb_frame",
    ]
)
MAX_NUMBERS = 200


def use_problems(tree: ast.Module) -> Iterator[Problem]:
    imported, bound = imported_names(tree), bound_names(tree)
    yield from _number_tables(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                yield from (Problem(node.lineno, text) for alias in node.names if (text := _refusal(alias.name)))
            case ast.ImportFrom():
                yield from _from_import(node)
            case ast.Attribute():
                yield from _attribute(node, imported)
            case ast.Name(id=name) if (name in BUILTINS or name in OUTSIDE) and name not in bound:
                yield Problem(node.lineno, f'use of "{name}" is not allowed; {BUILTINS.get(name, ALLOWED)}')
            case ast.Constant(value=str(text)) if text in ESCAPES:
                yield _escape(node.lineno, text)


def _from_import(node: ast.ImportFrom) -> Iterator[Problem]:
    if node.level:
        yield Problem(node.lineno, "relative imports are not allowed; each of the three files stands alone, copy what it needs")
        return
    module = node.module or ""
    for alias in node.names:
        text = _refusal(module if alias.name == "*" else f"{module}.{alias.name}")
        if text:
            yield Problem(node.lineno, text)
        elif alias.name == "*" and module != "__future__":
            yield Problem(node.lineno, f'"from {module} import *" hides where names come from; import the names that are used')


def _refusal(name: str) -> str | None:
    """Why the module or member `name` may not be imported; None when it may."""
    top = name.partition(".")[0]
    if top in COMPONENTS:
        return f'import of "{top}" is not allowed; each of the three files stands alone, copy what it needs'
    if top == "improve_harness":
        if any(is_within(name, ours) for ours in OURS):
            return None
        return f'import of "{name}" is not allowed; of improve_harness a pipeline may import contract and ops'
    if top not in LIBRARIES and top not in STANDARD:
        return f'import of "{top}" is not allowed; {ALLOWED}'
    return _refused_member(name) or _leads_outside(name)


def _refused_member(name: str) -> str | None:
    for refused, reason in REFUSED.items():
        if is_within(name, refused):
            return f'use of "{refused}" is not allowed; {reason}'
    return None


def _leads_outside(name: str) -> str | None:
    """`random._os` and `torch.sys` are other ways to write `os` and `sys`."""
    for part in name.split(".")[1:]:
        if part.lstrip("_") in OUTSIDE:
            return f'use of "{name}" is not allowed; {ALLOWED}'
    return None


def _attribute(node: ast.Attribute, imported: dict[str, str]) -> Iterator[Problem]:
    if node.attr in ESCAPES:
        yield _escape(node.lineno, node.attr)
    if not root_is_imported(node, imported):
        return
    name = full_name(node, imported) or ""
    if is_within(name, "improve_harness"):
        text = _refusal(name)
    else:
        text = _refused_member(name) or (_leads_outside(name) if node.attr.lstrip("_") in OUTSIDE else None)
    if text:
        yield Problem(node.lineno, text)


def _escape(line: int, name: str) -> Problem:
    return Problem(line, f'use of "{name}" is not allowed; a pipeline has no need of the interpreter\'s inside, remove it')


def _number_tables(tree: ast.Module) -> Iterator[Problem]:
    """Literal containers of many numbers: predictions or pixels written into the code."""
    inner: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.Dict)) and node not in inner:
            count = 0
            for part in _literal_parts(node):
                inner.add(part)
                count += isinstance(part, ast.Constant) and isinstance(part.value, (int, float, complex, bytes))
            if count > MAX_NUMBERS:
                text = (
                    f"a table of {count:,} numbers is not allowed (at most {MAX_NUMBERS}); compute them, or learn them in training"
                )
                yield Problem(node.lineno, text)


def _literal_parts(node: ast.AST) -> Iterator[ast.AST]:
    """The node and what is nested in it by containers and signs; not the arguments of calls."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.UnaryOp, ast.BinOp, ast.Starred)):
            waiting += ast.iter_child_nodes(part)
