"""Lets `import torchvision` work beside a CPU-only torch.

Some package indexes offer torch for the CPU but torchvision only for an accelerator. Its compiled library then cannot
load, and the import ends with "operator torchvision::nms does not exist". Declaring the missing operators is enough for
transforms, models and timm; calling one of them still raises a clear error, and `torchvision.io` cannot decode. Where the
plain import works nothing is declared.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import re
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from types import ModuleType
from typing import Any

# The operators that the Python part of torchvision 0.28 names at import; others are learnt from the error message.
KNOWN_OPERATORS = ("nms", "qnms")
MAX_ROUNDS = 8  # each round declares at least one operator more
_MISSING = re.compile(r"operator torchvision::(\w+) does not exist")
_libraries: list[Any] = []  # a declaration lives as long as its torch.library.Library


def install() -> None:
    """From now on the first `import torchvision` declares what is missing. Imports nothing; may be called twice."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def import_torchvision() -> ModuleType:
    """Import torchvision, with its missing operators declared only if the plain import fails."""
    install()
    return importlib.import_module("torchvision")


class _Finder(MetaPathFinder):
    """Wraps the loader of torchvision itself; all other imports pass."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != "torchvision":
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(Loader):
    """Runs the module, again with more operators declared as long as that is what it lacks."""

    def __init__(self, plain: Loader):
        self.plain = plain

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self.plain.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # Later readers of the module (importlib.resources, pickle, inspect) see the plain loader.
        module.__loader__ = self.plain
        if module.__spec__ is not None:
            module.__spec__.loader = self.plain
        for _ in range(MAX_ROUNDS):
            try:
                return self.plain.exec_module(module)
            except RuntimeError as error:
                missing = _MISSING.search(str(error))
                if missing is None:
                    raise
                _declare(missing[1])
                _forget_submodules()
        raise ImportError(f"torchvision lacks more than {MAX_ROUNDS} groups of operators")


def _declare(missing: str) -> None:
    import torch

    namespace = torch.ops.torchvision
    for name in {missing, *KNOWN_OPERATORS}:
        if not hasattr(namespace, name):
            library = torch.library.Library("torchvision", "FRAGMENT")
            library.define(f"{name}(Tensor a, Tensor b, float c) -> Tensor")
            _libraries.append(library)


def _forget_submodules() -> None:
    for name in [name for name in sys.modules if name.startswith("torchvision.")]:
        del sys.modules[name]
