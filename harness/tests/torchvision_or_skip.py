"""torchvision beside whichever torch is installed."""

from improve_harness.torchvision_shim import install

install()

from torchvision.transforms.v2 import functional  # noqa: E402

__all__ = ["functional"]
