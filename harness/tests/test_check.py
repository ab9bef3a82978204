"""Tests of the static check: what passes, what each slip is told, and that no text at all can crash it."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from improve_harness.check import check_pipeline, check_source
from improve_harness.protocol import Failure

DATA = '''"""Random crops and flips for small photos."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from improve_harness import ops
from improve_harness.contract import Info, Transform, batched

if TYPE_CHECKING:
    from collections.abc import Callable

IMAGE_SIZE = (32, 48)  # pixels: height, width
PADDING: int = 4
LIGHT = -math.sqrt(2) / 2 + len((1, 2)) ** 2
NAMES = {"a": [1.5, -2.0], **{"b": []}}
GREY = torch.tensor([0.299, 0.587, 0.114])
STEPS = tuple(i / 10 for i in range(10))
LABEL = f"{PADDING:02d} px"
SCALE = lambda x: torch.relu(x).sum()  # noqa: E731


@dataclass(frozen=True)
class Sizes:
    """Sides."""

    height: int = 32
    others: list[int] = field(default_factory=list)

    @property
    def area(self) -> int:
        return self.height**2


class Eval(nn.Module):
    def __init__(self, info: Info) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(info.mean))

    def forward(self, input: Tensor) -> Tensor:
        return input.float() / 255 - self.mean.view(1, -1, 1, 1)


def train_transform(info: Info) -> Transform:
    def apply(images: Tensor) -> Tensor:
        for _ in range(2):
            images = ops.flip(images)
        return images.float()

    return batched(apply)


def eval_transform(info: Info, scale: float = 1.0) -> nn.Module:
    return Eval(info)


@torch.no_grad()
def sample_weights(info):
    return np.ones(len(info.classes)).tolist()
'''
MODEL = '''"""A small net."""

import functools

import timm
import torch
from torch import nn

PRETRAINED = ("resnet18.a1_in1k",)


@functools.lru_cache(maxsize=None)
def width(seconds):
    return 16


def build_model(info):
    net = nn.Sequential(nn.Flatten(), nn.LazyLinear(len(info.classes)))
    torch.compile(net)
    net.eval()
    return net
'''
TRAINING = '''"""SGD."""

import torch

from improve_harness.contract import Training


def configure(model, info):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return Training(optimizer=optimizer, schedule=lambda p: 1 - p, loss=torch.nn.functional.cross_entropy)


def fit(model, data, ctx):
    """Replaces the loop."""
    for progress in ctx.steps():
        pass
'''
SOURCES = {"data": DATA, "model": MODEL, "training": TRAINING}
ALLOWED = "a pipeline may import torch, torchvision, timm, numpy, improve_harness and the pure parts of the standard library"


def write_pipeline(folder: Path, **changed: str) -> Path:
    for component, source in {**SOURCES, **changed}.items():
        (folder / f"{component}.py").write_text(source, encoding="utf-8")
    return folder


@pytest.mark.parametrize("component", SOURCES)
def test_an_ordinary_component_has_no_findings(component: str) -> None:
    assert check_source(component, SOURCES[component]) == []


def test_an_ordinary_pipeline_passes_in_less_than_50_milliseconds(tmp_path: Path) -> None:
    write_pipeline(tmp_path)
    check_pipeline(tmp_path)
    started = time.process_time()
    check_pipeline(tmp_path)
    assert time.process_time() - started < 0.05


def test_pipelines_written_by_hand_pass() -> None:
    folder = Path(__file__).parents[1] / "tests" / "pipelines"
    written = sorted(path.parent for path in folder.glob("*/data.py"))
    assert written
    for pipeline in written:
        check_pipeline(pipeline)


ALONE = "each of the three files stands alone, copy what it needs"
OF_OURS = "of improve_harness a pipeline may import contract and ops"
NO_NETWORK = "there is no network; name weights in PRETRAINED of model.py"
NO_FILES = "the harness hands over the images and keeps the weights"
INSIDE = "a pipeline has no need of the interpreter's inside, remove it"
TABLE = "numbers is not allowed (at most 200); compute them, or learn them in training"
MOVE = "runs at import; move it into a function"

# text put at the end of model.py and what is said about its first line (or its second, where the mistake is there)
LINES = {
    "import os": f'import of "os" is not allowed; {ALLOWED}',
    "import sys, subprocess": f'import of "sys" is not allowed; {ALLOWED}',
    "import pandas as pd": f'import of "pandas" is not allowed; {ALLOWED}',
    "from urllib.request import urlopen": f'import of "urllib" is not allowed; {ALLOWED}',
    "import torch.hub": f'use of "torch.hub" is not allowed; {NO_NETWORK}',
    "from torch import hub": f'use of "torch.hub" is not allowed; {NO_NETWORK}',
    "import torch.multiprocessing": 'use of "torch.multiprocessing" is not allowed; the harness owns processes and threads',
    "from . import data": f"relative imports are not allowed; {ALONE}",
    "import training": f'import of "training" is not allowed; {ALONE}',
    "from data import IMAGE_SIZE": f'import of "data" is not allowed; {ALONE}',
    "from improve_harness import score": f'import of "improve_harness.score" is not allowed; {OF_OURS}',
    "import improve_harness": f'import of "improve_harness" is not allowed; {OF_OURS}',
    "from math import *": '"from math import *" hides where names come from; import the names that are used',
    "from random import _os": f'use of "random._os" is not allowed; {ALLOWED}',
    "torch.manual_seed(0)": f'the call of "torch.manual_seed" {MOVE}',
    "NET = nn.Linear(3, 4)": f'the call of "torch.nn.Linear" {MOVE}',
    "A = [nn.ReLU() for _ in range(3)]": f'the call of "torch.nn.ReLU" {MOVE}',
    "A = (lambda: 3)()": f'the call of "lambda: 3" {MOVE}',
    "for i in range(3): pass": f"a loop at module level {MOVE}",
    "while True: pass": f"a loop at module level {MOVE}",
    "try: import math\nexcept ImportError: pass": f'"try" at module level {MOVE}',
    "with torch.no_grad(): A = 1": f'"with" at module level {MOVE}',
    "if width: A = 1": f'"if" at module level {MOVE}',
    'if __name__ == "__main__": pass': 'a main guard is not allowed; the harness imports the file, remove the "if __name__" block',
    "torch.a.b = True": f'the assignment to "torch.a.b" changes something outside the file at import; remove it or {MOVE[16:]}',
    "3 + 4": "an expression at module level has no use; remove it or give it a name",
    "@torch.compile\ndef f(): 1": 'the decorator "torch.compile" runs at import and is not allowed; call it inside a function',
    "def f(x=nn.ReLU()): pass": f'the call of "torch.nn.ReLU" {MOVE}',
    "class A(nn.ReLU):\n  x = nn.ReLU()": f'the call of "torch.nn.ReLU" {MOVE}',
    "def f(): return open('/data/labels')": f'use of "open" is not allowed; {NO_FILES}',
    "def f(): exec('1')": 'use of "exec" is not allowed; write the code out',
    "def f(): return eval('1')": 'use of "eval" is not allowed; write the code out',
    "def f(): return __import__('os')": 'use of "__import__" is not allowed; write the code out',
    "def f(): return globals()['x']": 'use of "globals" is not allowed; use plain names and arguments',
    "def f(): return __builtins__": 'use of "__builtins__" is not allowed; use plain names and arguments',
    "def f(): return input()": 'use of "input" is not allowed; nobody answers',
    "def f(): return torch.load('w.pt')": f'use of "torch.load" is not allowed; {NO_FILES}',
    "import numpy as np\nx = np.load": f'use of "numpy.load" is not allowed; {NO_FILES}',
    "def f(): return torch.hub.load('a', 'b')": f'use of "torch.hub" is not allowed; {NO_NETWORK}',
    "def f(): return torch.os.environ": f'use of "torch.os" is not allowed; {ALLOWED}',
    "def f(): return functools.sys.modules": f'use of "functools.sys" is not allowed; {ALLOWED}',
    "def f(): return object.__subclasses__()": f'use of "__subclasses__" is not allowed; {INSIDE}',
    "def f(x): return getattr(f, '__globals__')": f'use of "__globals__" is not allowed; {INSIDE}',
    f"def f(): return {list(range(201))}": f"a table of 201 {TABLE}",
    f"A = {dict.fromkeys(range(150), -2) | {151: [4] * 60}}": f"a table of 361 {TABLE}",
    f"A = {[[1, -2.5, 3]] * 70}": f"a table of 210 {TABLE}",
}


@pytest.mark.parametrize("text", LINES, ids=lambda text: text[:40])
def test_a_line_that_breaks_a_rule_is_named_with_its_fix(text: str) -> None:
    first = MODEL.count("\n") + 1
    found = check_source("model", MODEL + text + "\n")
    assert {f"model.py line {first}: {LINES[text]}", f"model.py line {first + 1}: {LINES[text]}"} & set(found)


# component, its text, the text instead, and the only finding; * stands for the line of the change
SIZE_FORM = "write IMAGE_SIZE = 64 or IMAGE_SIZE = (height, width), whole numbers from 1 to 1024"
NAMES_FORM = 'write PRETRAINED = ("name", ...), the names as literal text'
FORMS = [
    ("data", "IMAGE_SIZE = (32, 48)", "SIZE = 3", f"data.py: IMAGE_SIZE is missing; {SIZE_FORM}"),
    ("data", "(32, 48)", "0", f"data.py line *: IMAGE_SIZE is 0; {SIZE_FORM}"),
    ("data", "(32, 48)", "(32, 2000)", f"data.py line *: IMAGE_SIZE is (32, 2000); {SIZE_FORM}"),
    ("data", "(32, 48)", "(32, 48, 3)", f"data.py line *: IMAGE_SIZE is (32, 48, 3); {SIZE_FORM}"),
    ("data", "(32, 48)", "True", f"data.py line *: IMAGE_SIZE is True; {SIZE_FORM}"),
    ("data", "(32, 48)", "2 * 16", f"data.py line *: IMAGE_SIZE is 2 * 16; {SIZE_FORM}"),
    (
        "data",
        "def eval_tr",
        "def tr",
        'data.py: eval_transform(info) is missing; define it with "def eval_transform(info):" at module level',
    ),
    (
        "data",
        "weights(info)",
        "weights()",
        'data.py line *: sample_weights takes 0 positional parameters; define it with "def sample_weights(info):"',
    ),
    (
        "model",
        "model(info)",
        "model(info, a)",
        'model.py line *: build_model takes 2 positional parameters; define it with "def build_model(info):"',
    ),
    (
        "model",
        "model(info)",
        "model(info, *, a)",
        'model.py line *: build_model(info) is called without "a"; give that parameter a default',
    ),
    ("model", "def build", "async def build", 'model.py line *: build_model(info) is asynchronous; define it with "def"'),
    (
        "model",
        "def build_model(",
        "build_model = width\ndef f(",
        'model.py line *: build_model(info) is not a function; define it with "def build_model(info):" at module level',
    ),
    ("model", '("resnet18.a1_in1k",)', '"resnet18"', f"model.py line *: PRETRAINED is 'resnet18'; {NAMES_FORM}"),
    ("model", '("resnet18.a1_in1k",)', "(width,)", f"model.py line *: PRETRAINED is (width,); {NAMES_FORM}"),
    (
        "training",
        "configure(model, info)",
        "configure(model)",
        'training.py line *: configure takes 1 positional parameters; define it with "def configure(model, info):"',
    ),
    (
        "training",
        "fit(model, data, ctx)",
        "fit(model, data)",
        'training.py line *: fit takes 2 positional parameters; define it with "def fit(model, data, ctx):"',
    ),
]


@pytest.mark.parametrize("component,old,new,sentence", FORMS)
def test_a_broken_form_of_the_contract_is_named_with_its_fix(component: str, old: str, new: str, sentence: str) -> None:
    before, found, after = SOURCES[component].partition(old)
    assert found
    assert check_source(component, before + new + after) == [sentence.replace("*", str(before.count("\n") + 1), 1)]


@pytest.mark.parametrize(
    "form",
    [
        "build_model(info, /)",
        "build_model(info, width=3)",
        "build_model(*parts)",
        "build_model(info, *, w=3)",
        "build_model(info=None)",
    ],
)
def test_a_function_that_can_be_called_as_the_contract_says_passes(form: str) -> None:
    assert check_source("model", MODEL.replace("build_model(info)", form)) == []


@pytest.mark.parametrize(
    "line",
    [
        "def f(x, compile, vars): return x.eval(compile(vars))",
        "import re\nPATTERN = re.compile('a+')",
        "class A(nn.Module):\n    def __repr__(self): return self.__class__.__name__ + self.os",
        "TABLE = [[0] * 10 for _ in range(10)]",
        "from collections import namedtuple\nPoint = namedtuple('Point', 'x y')",
        "import torch.nn.functional as F\nACTIVATION = F.relu",
        "def f():\n    layers = []\n    while len(layers) < 3: layers.append(nn.ReLU())\n    return nn.Sequential(*layers)",
        f"LAYERS = {list(range(200))}",
        "from torch.utils.data import DataLoader",
    ],
)
def test_what_honest_pipelines_do_is_not_refused(line: str) -> None:
    assert check_source("model", f"{MODEL}\n{line}\n") == []


def nested_finally(depth: int) -> str:
    return "".join(f"{' ' * n}try: pass\n{' ' * n}finally:\n" for n in range(depth)) + " " * depth + "pass\n"


TEXTS = {
    nested_finally(19): "model.py: nested too deeply for Python to parse; write it flatter",
    "x = 1\r# coding: utf-7\n": "model.py line 2: declares the encoding utf-7; files are UTF-8, remove the comment",
    "def f(:\n": 'model.py line 1: syntax error: invalid syntax in "def f(:"; the file must be valid Python 3.11',
    "x = (1,\n": "model.py line 1: syntax error: '(' was never closed in \"x = (1,\"; the file must be valid Python 3.11",
    "return 3\n": "model.py line 1: syntax error: 'return' outside function in \"return 3\"; the file must be valid Python 3.11",
    "type X = int\n": 'model.py line 1: syntax error: invalid syntax in "type X = int"; the file must be valid Python 3.11',
    "# coding: utf-7\n": "model.py line 1: declares the encoding utf-7; files are UTF-8, remove the comment",
    "x = " + "-" * 60_000 + "1": "model.py: nested too deeply for Python to parse; write it flatter",
    "x = 1" + "+1" * 20_000: "model.py: nested too deeply for Python to parse; write it flatter",
    "x = a" + ".b" * 20_000: "model.py: nested too deeply for Python to parse; write it flatter",
    "#" * 70_000: "model.py is larger than 64 KiB; a component is code, it carries no data",
    "\n" * 1500: "model.py has 1,501 lines; shorten it to at most 1,500",
}


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: repr(text[:12]))
def test_text_that_is_no_python_gets_one_sentence(text: str) -> None:
    assert check_source("model", text) == [TEXTS[text]]


@pytest.mark.parametrize(
    "text", ["x = 1\0", "\ud800", "x = " + "(" * 300, "x = " + "9" * 5000, "x=" + "[" * 150 + "]" * 150 + "+1", ""]
)
def test_odd_text_gets_sentences_and_no_crash(text: str) -> None:
    assert check_source("model", text)


def test_a_file_that_is_missing_or_not_text_or_too_long_is_said(tmp_path: Path) -> None:
    write_pipeline(tmp_path)
    (tmp_path / "data.py").unlink()
    (tmp_path / "model.py").write_bytes(b"x = 1\ny = '\xff'\n")
    (tmp_path / "training.py").write_bytes(b"#" * 100_000_000)
    with pytest.raises(Failure) as caught:
        check_pipeline(tmp_path)
    failure = caught.value
    assert (failure.kind, failure.stage) == ("syntax", "check")
    assert failure.message == "data.py is missing; a pipeline is the three files data.py, model.py and training.py"
    assert failure.evidence == [
        "model.py line 2: not UTF-8; save the file as UTF-8",
        "training.py is larger than 64 KiB; a component is code, it carries no data",
    ]


def test_up_to_five_findings_of_all_files_come_together_by_line(tmp_path: Path) -> None:
    write_pipeline(tmp_path, data=DATA.replace("import math", "import os"), model=MODEL + "import sys\n" * 6)
    with pytest.raises(Failure) as caught:
        check_pipeline(tmp_path)
    assert (caught.value.kind, caught.value.message) == ("contract", f'data.py line 5: import of "os" is not allowed; {ALLOWED}')
    first = MODEL.count("\n") + 1
    expected = [f"model.py line {line}" for line in range(first, first + 4)]
    assert [text.partition(":")[0] for text in caught.value.evidence] == expected


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    write_pipeline(tmp_path)
    (tmp_path / "model.py").write_text(MODEL, encoding="utf-8-sig")
    check_pipeline(tmp_path)


def test_nothing_of_the_checked_source_runs(tmp_path: Path) -> None:
    check_source("model", f"{MODEL}\nopen({str(tmp_path / 'trace')!r}, 'w').close()\n")
    assert not (tmp_path / "trace").exists()


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(SOURCES)), st.text(max_size=200))
def test_no_text_crashes_the_check(component: str, text: str) -> None:
    assert all(isinstance(sentence, str) for sentence in check_source(component, text))


PIECES = sorted({piece for source in SOURCES.values() for line in source.split("\n") for piece in (line, *line.split())})


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_mutated_source_crashes_the_check(data: st.DataObject) -> None:
    component = data.draw(st.sampled_from(sorted(SOURCES)))
    source = SOURCES[component]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(source)))
        end = min(len(source), start + data.draw(st.integers(0, 40)))
        source = source[:start] + data.draw(st.one_of(st.sampled_from(PIECES), st.text(max_size=5))) + source[end:]
    sentences = check_source(component, source)
    assert all(sentence.startswith(f"{component}.py") and "\n" not in sentence for sentence in sentences)
