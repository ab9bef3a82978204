"""Each test imports in a fresh interpreter, since an import happens once per process."""

import subprocess
import sys
from pathlib import Path

HARNESS = Path(__file__).parents[1]


def run(code: str) -> str:
    prelude = f"import sys; sys.path.insert(0, {str(HARNESS)!r}); from improve_harness import torchvision_shim\n"
    result = subprocess.run([sys.executable, "-I", "-c", prelude + code], capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_install_imports_neither_torch_nor_torchvision():
    assert run("torchvision_shim.install(); print('torch' in sys.modules, 'torchvision' in sys.modules)") == "False False"


def test_install_twice_adds_one_finder():
    assert run("n = len(sys.meta_path)\nfor _ in range(3): torchvision_shim.install()\nprint(len(sys.meta_path) - n)") == "1"


def test_an_ordinary_import_of_transforms_works_after_install():
    code = """
torchvision_shim.install()
import torch
from torchvision.transforms import v2
print(tuple(v2.RandomCrop(8)(torch.zeros(3, 3, 12, 12)).shape))
"""
    assert run(code) == "(3, 3, 8, 8)"


def test_timm_makes_a_model_after_install():
    code = (
        "torchvision_shim.install()\nimport timm\nprint(timm.create_model('resnet18', num_classes=7).get_classifier().out_features)"
    )
    assert run(code) == "7"


def test_the_module_keeps_its_plain_loader():
    code = "m = torchvision_shim.import_torchvision(); print(type(m.__spec__.loader).__name__, type(m.__loader__).__name__)"
    assert run(code) == "SourceFileLoader SourceFileLoader"


FAKE = """
import pathlib, tempfile
folder = pathlib.Path(tempfile.mkdtemp()); (folder / "torchvision").mkdir()
(folder / "torchvision" / "__init__.py").write_text(SOURCE)
sys.path.insert(0, str(folder))
"""


def test_operators_that_a_later_version_misses_are_learnt_from_the_message():
    source = (
        "import torch\\nfor n in ('nms', 'later_one', 'later_two'):\\n"
        "    if not hasattr(torch.ops.torchvision, n): raise RuntimeError(f'operator torchvision::{n} does not exist')"
    )
    code = f"SOURCE = '''{source}'''" + FAKE + "print(torchvision_shim.import_torchvision().__name__)"
    assert run(code) == "torchvision"


def test_a_working_torchvision_gets_nothing_declared():
    code = (
        "SOURCE = 'x = 1'"
        + FAKE
        + "torchvision_shim.import_torchvision(); print(torchvision_shim._libraries, 'torch' in sys.modules)"
    )
    assert run(code) == "[] False"


def test_another_error_at_import_is_passed_on():
    code = (
        "SOURCE = 'raise RuntimeError(\"something else\")'"
        + FAKE
        + "try:\n    torchvision_shim.import_torchvision()\nexcept RuntimeError as e:\n    print(e, 'torchvision' in sys.modules)"
    )
    assert run(code) == "something else False"


def test_calling_a_declared_operator_says_that_it_is_not_there():
    code = """
torchvision = torchvision_shim.import_torchvision()
import torch
try:
    torchvision.ops.nms(torch.zeros(1, 4), torch.zeros(1), 0.5)
    print("computed", len(torchvision_shim._libraries))
except (NotImplementedError, RuntimeError) as error:
    print("refused", "torchvision" in str(error))
"""
    # Where torchvision's own library loads, nothing is declared and the real operator computes.
    assert run(code) in ("refused True", "computed 0")
