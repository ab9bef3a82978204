"""Checks a pipeline's three files without running them, so that a slip costs milliseconds and not a training.

Looks at: size, encoding, syntax, imports, work done at import, names that reach outside the pipeline, tables of numbers, and the
names and constants of the contract. **This is lint, not the security boundary**: code that wants to get past it can, and the
sandbox contains it anyway. It refuses what draws attention, because honest pipelines do not need it.

Standard library only. Up to five findings are reported together, each with file, line and what to do, so that all can be mended at
once. What only shows in use (shapes, losses, determinism) is the smoke run's.
"""

from __future__ import annotations

import ast
import re
import warnings
from pathlib import Path

from .check_contract import contract_problems
from .check_import_time import import_time_problems
from .check_names import Problem
from .check_uses import use_problems
from .protocol import Failure

COMPONENTS = ("data", "model", "training")
MAX_BYTES = 64 * 1024
MAX_LINES = 1500
MAX_FINDINGS = 5
MAX_FINALLY_DEPTH = 5  # Python compiles a `finally` block twice, so each level inside another doubles the time
PYTHON = (3, 11)

_LINE_END = re.compile(r"\r\n|\r|\n")
# Python would decode the file by such a comment, and run other text than was checked.
_CODING = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")


def check_pipeline(code_dir: Path) -> None:
    """Raise a `syntax` or `contract` failure of stage `check` when a file of the pipeline breaks a rule."""
    kind = "contract"
    sentences: list[str] = []
    for component in COMPONENTS:
        try:
            sentences += _contract_sentences(component, _read(Path(code_dir) / f"{component}.py"))
        except Failure as failure:
            kind = "syntax" if failure.kind == "syntax" else kind
            sentences.append(failure.message)
    if sentences:
        first, *others = sentences[:MAX_FINDINGS]
        raise Failure(kind, first, stage="check", evidence=others)


def check_source(component: str, source: str) -> list[str]:
    """All findings in the source of one component (data, model, training), in the order of lines. Never raises for any text."""
    try:
        return _contract_sentences(component, source)
    except Failure as failure:
        return [failure.message]


def _read(path: Path) -> str:
    if not path.is_file():
        raise _failure("contract", f"{path.name} is missing; a pipeline is the three files data.py, model.py and training.py")
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise _failure("contract", f"{path.name} is larger than {MAX_BYTES // 1024} KiB; a component is code, it carries no data")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _failure("syntax", f"{path.name} line {line}: not UTF-8; save the file as UTF-8") from None


def _contract_sentences(component: str, source: str) -> list[str]:
    file_name = f"{component}.py"
    _check_size(file_name, source)
    tree = _parse(file_name, source)
    problems = [*use_problems(tree), *import_time_problems(tree), *contract_problems(component, tree)]
    ordered = sorted(problems, key=lambda problem: problem.line)
    return list(dict.fromkeys(_sentence(file_name, problem) for problem in ordered))


def _sentence(file_name: str, problem: Problem) -> str:
    place = f"{file_name} line {problem.line}" if problem.line else file_name
    return f"{place}: {problem.text}"


def _check_size(file_name: str, source: str) -> None:
    if len(source.encode("utf-8", "replace")) > MAX_BYTES:
        raise _failure("contract", f"{file_name} is larger than {MAX_BYTES // 1024} KiB; a component is code, it carries no data")
    lines = len(_LINE_END.split(source))
    if lines > MAX_LINES:
        raise _failure("contract", f"{file_name} has {lines:,} lines; shorten it to at most {MAX_LINES:,}")


def _parse(file_name: str, source: str) -> ast.Module:
    for number, line in enumerate(_LINE_END.split(source, 2)[:2], start=1):
        coding = _CODING.match(line)
        if coding and coding[1].lower().replace("_", "-") not in ("utf-8", "utf8"):
            raise _failure(
                "syntax", f"{file_name} line {number}: declares the encoding {coding[1][:40]}; files are UTF-8, remove the comment"
            )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source, file_name, feature_version=PYTHON)
            if _finally_depth(tree) > MAX_FINALLY_DEPTH:
                raise RecursionError
            # finds what the grammar allows and Python does not, such as `return` outside a function
            compile(tree, file_name, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise _failure("syntax", _describe(file_name, source, error)) from None
    except (RecursionError, MemoryError):
        raise _failure("syntax", f"{file_name}: nested too deeply for Python to parse; write it flatter") from None
    except (ValueError, OverflowError) as error:
        raise _failure("syntax", f"{file_name}: Python cannot parse it: {error}; save it as plain text") from None
    return tree


def _finally_depth(tree: ast.Module) -> int:
    deepest = 0
    waiting: list[tuple[ast.AST, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        inner = set(node.finalbody) if isinstance(node, (ast.Try, ast.TryStar)) else set()
        waiting += [(child, depth + (child in inner)) for child in ast.iter_child_nodes(node)]
    return deepest


def _describe(file_name: str, source: str, error: SyntaxError) -> str:
    lines = _LINE_END.split(source)
    number = error.lineno or 0
    place = f"{file_name} line {number}" if number else file_name
    text = lines[number - 1].strip()[:80] if 0 < number <= len(lines) else ""
    near = f' in "{text}"' if text else ""
    return f"{place}: syntax error: {error.msg}{near}; the file must be valid Python 3.11"


def _failure(kind: str, message: str) -> Failure:
    return Failure(kind, message, stage="check")
