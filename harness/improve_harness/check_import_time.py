"""No work at import: a module holds imports, constants, functions and classes; the rest happens when the harness asks.

The harness imports a pipeline to look at it, to train it and to predict with it. Work at import would run each time, before seeds
and threads are set and before anything is measured.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from .check_names import Problem, excerpt, full_name, imported_names, is_within

MOVE = "move it into a function"
PURE_CALLS = frozenset(
    [
        "tuple",
        "frozenset",
        "range",
        "len",
        "min",
        "max",
        "float",
        "int",
        "round",
        "dict",
        "list",
        "set",
        "sum",
        "abs",
        "sorted",
        "zip",
        "enumerate",
        "reversed",
        "str",
        "bool",
        "slice",
        "divmod",
        "pow",
        "torch.tensor",
        "torch.Size",
        "torch.device",
        "torch.finfo",
        "numpy.array",
        "numpy.float32",
        "re.compile",
        "collections.namedtuple",
        "collections.OrderedDict",
        "dataclasses.field",
        "functools.partial",
        "enum.auto",
        "operator.itemgetter",
        "operator.attrgetter",
        "typing.TypeVar",
        "typing.NewType",
        "typing.NamedTuple",
        "typing.ParamSpec",
        "typing_extensions.TypeVar",
    ]
)
PURE_MODULES = ("math", "statistics", "improve_harness.contract")
DECORATORS = frozenset(
    [
        "dataclasses.dataclass",
        "functools.lru_cache",
        "functools.cache",
        "functools.wraps",
        "functools.partial",
        "functools.total_ordering",
        "functools.cached_property",
        "functools.singledispatch",
        "torch.no_grad",
        "torch.inference_mode",
        "torch.enable_grad",
        "staticmethod",
        "classmethod",
        "property",
        "abc.abstractmethod",
        "contextlib.contextmanager",
        "enum.unique",
        "typing.overload",
        "typing.final",
        "typing.runtime_checkable",
        "typing_extensions.overload",
        "typing_extensions.override",
        "typing_extensions.final",
    ]
)
DECORATOR_MODULES = ("torch.jit", "torch.amp", "torch.autograd.function", "improve_harness.contract")
LOOP = "a loop at module level runs at import; move it into a function"
GUARD = 'a main guard is not allowed; the harness imports the file, remove the "if __name__" block'

Imported = dict[str, str]


def import_time_problems(tree: ast.Module) -> Iterator[Problem]:
    yield from _body(tree.body, imported_names(tree))


def _body(body: Iterable[ast.stmt], imported: Imported) -> Iterator[Problem]:
    """Statements that run at import: those of the module and of its classes."""
    for statement in body:
        yield from _statement(statement, imported)


def _statement(node: ast.stmt, imported: Imported) -> Iterator[Problem]:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Pass():
            pass
        case ast.Expr(value=ast.Constant()):
            pass
        case ast.Expr(value=value):
            found = list(_expression(value, imported))
            yield from found or [Problem(node.lineno, "an expression at module level has no use; remove it or give it a name")]
        case ast.Assign(targets=targets, value=value):
            yield from _assignment(targets, value, imported)
        case ast.AnnAssign(target=target, value=value) | ast.AugAssign(target=target, value=value):
            yield from _assignment([target], value, imported)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from _decorators(node.decorator_list, imported)
            yield from _expressions([*node.args.defaults, *node.args.kw_defaults], imported)
        case ast.ClassDef():
            yield from _decorators(node.decorator_list, imported)
            yield from _expressions([*node.bases, *(keyword.value for keyword in node.keywords)], imported)
            yield from _body(node.body, imported)
        case ast.If(test=test, orelse=orelse) if _is_type_checking(test, imported):
            yield from _body(orelse, imported)
        case ast.If(test=test) if any(isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(test)):
            yield Problem(node.lineno, GUARD)
        case ast.For() | ast.While() | ast.AsyncFor():
            yield Problem(node.lineno, LOOP)
        case _:
            keyword = {"If": "if", "Try": "try", "With": "with", "Delete": "del"}.get(
                type(node).__name__, type(node).__name__.lower()
            )
            yield Problem(node.lineno, f'"{keyword}" at module level runs at import; {MOVE}')


def _assignment(targets: list[ast.expr], value: ast.expr | None, imported: Imported) -> Iterator[Problem]:
    for target in targets:
        for part in ast.walk(target):
            if isinstance(part, (ast.Attribute, ast.Subscript)):
                text = f'the assignment to "{excerpt(part)}" changes something outside the file at import; remove it or {MOVE}'
                yield Problem(part.lineno, text)
                break
    yield from _expressions([value], imported)


def _decorators(decorators: list[ast.expr], imported: Imported) -> Iterator[Problem]:
    for decorator in decorators:
        call = decorator if isinstance(decorator, ast.Call) else None
        name = full_name(call.func if call else decorator, imported)
        property_part = name is not None and name.endswith((".setter", ".getter", ".deleter"))
        if name and (name in DECORATORS or property_part or any(is_within(name, module) for module in DECORATOR_MODULES)):
            yield from _expressions([*call.args, *(keyword.value for keyword in call.keywords)] if call else [], imported)
        else:
            text = f'the decorator "{name or excerpt(decorator)}" runs at import and is not allowed; call it inside a function'
            yield Problem(decorator.lineno, text)


def _expressions(values: Iterable[ast.expr | None], imported: Imported) -> Iterator[Problem]:
    for value in values:
        if value is not None:
            yield from _expression(value, imported)


def _expression(value: ast.expr, imported: Imported) -> Iterator[Problem]:
    """Calls that are not known to be pure. The body of a lambda does not run at import."""
    waiting: list[ast.AST] = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Lambda):
            waiting += [node.args]
            continue
        if isinstance(node, ast.Call) and not _is_pure(node, imported):
            name = full_name(node.func, imported) or excerpt(node.func)
            yield Problem(node.lineno, f'the call of "{name}" runs at import; {MOVE}')
            continue
        waiting += ast.iter_child_nodes(node)


def _is_pure(call: ast.Call, imported: Imported) -> bool:
    name = full_name(call.func, imported)
    return name is not None and (name in PURE_CALLS or any(is_within(name, module) for module in PURE_MODULES))


def _is_type_checking(test: ast.expr, imported: Imported) -> bool:
    return full_name(test, imported) == "typing.TYPE_CHECKING"
