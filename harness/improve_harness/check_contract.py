"""What each of the three files must define, and in what form. `contract.py` describes the same for the reader."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .check_names import Problem, excerpt

REQUIRED: dict[str, dict[str, tuple[str, ...]]] = {
    "data": {"train_transform": ("info",), "eval_transform": ("info",)},
    "model": {"build_model": ("info",)},
    "training": {"configure": ("model", "info")},
}
OPTIONAL: dict[str, dict[str, tuple[str, ...]]] = {
    "data": {"batch_transform": ("info",), "sample_weights": ("info",), "tta": ("info",)},
    "model": {},
    "training": {"fit": ("model", "data", "ctx")},
}
MAX_IMAGE_SIZE = 1024
IMAGE_SIZE_FORM = f"write IMAGE_SIZE = 64 or IMAGE_SIZE = (height, width), whole numbers from 1 to {MAX_IMAGE_SIZE}"
PRETRAINED_FORM = 'write PRETRAINED = ("name", ...), the names as literal text'


def contract_problems(component: str, tree: ast.Module) -> Iterator[Problem]:
    functions = {node.name: node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    constants = dict(_constants(tree))
    for name, parameters in {**REQUIRED[component], **OPTIONAL[component]}.items():
        if name in functions:
            yield from _signature(functions[name], parameters)
        elif name in REQUIRED[component] or name in constants:
            signature = f"{name}({', '.join(parameters)})"
            line = constants[name].lineno if name in constants else 0
            yield Problem(
                line, f'{signature} is {"not a function" if line else "missing"}; define it with "def {signature}:" at module level'
            )
    if component == "data":
        yield from _image_size(constants.get("IMAGE_SIZE"))
    if component == "model" and "PRETRAINED" in constants:
        yield from _pretrained(constants["PRETRAINED"])


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Name and value of each assignment at module level; of several the last counts."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=targets, value=value):
                yield from ((target.id, value) for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value


def _signature(function: ast.FunctionDef | ast.AsyncFunctionDef, parameters: tuple[str, ...]) -> Iterator[Problem]:
    form = f"{function.name}({', '.join(parameters)})"
    if isinstance(function, ast.AsyncFunctionDef):
        yield Problem(function.lineno, f'{form} is asynchronous; define it with "def"')
    arguments = function.args
    positional = len(arguments.posonlyargs) + len(arguments.args)
    needed = positional - len(arguments.defaults)
    keywords = [arg.arg for arg, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default is None]
    if needed > len(parameters) or (positional < len(parameters) and not arguments.vararg):
        yield Problem(function.lineno, f'{function.name} takes {positional} positional parameters; define it with "def {form}:"')
    elif keywords:
        yield Problem(function.lineno, f'{form} is called without "{keywords[0]}"; give that parameter a default')


def _image_size(value: ast.expr | None) -> Iterator[Problem]:
    if value is None:
        yield Problem(0, f"IMAGE_SIZE is missing; {IMAGE_SIZE_FORM}")
        return
    sides = value.elts if isinstance(value, ast.Tuple) else [value, value]
    if len(sides) != 2 or not all(_is_side(side) for side in sides):
        yield Problem(value.lineno, f"IMAGE_SIZE is {excerpt(value)}; {IMAGE_SIZE_FORM}")


def _is_side(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and 1 <= node.value <= MAX_IMAGE_SIZE


def _pretrained(value: ast.expr) -> Iterator[Problem]:
    names = value.elts if isinstance(value, (ast.Tuple, ast.List)) else [None]
    if not all(isinstance(name, ast.Constant) and isinstance(name.value, str) for name in names):
        yield Problem(value.lineno, f"PRETRAINED is {excerpt(value)}; {PRETRAINED_FORM}")
