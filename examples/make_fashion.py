"""Makes `fashion.zip`, the small real archive of the quickstart: Fashion-MNIST pictures as PNG in class folders.

    python examples/make_fashion.py <folder with the four .gz files of Fashion-MNIST>

The Debian package dataset-fashion-mnist holds the four files. Pictures are the first of each class in the order of the original files, so
that the archive is the same each time: 250 a class for train, 50 a class for test from the original test images.
Fashion-MNIST: Zalando SE, MIT licence (Xiao, Rasul and Vollgraf 2017, arXiv 1708.07747).
"""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = ["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]
PER_CLASS = {"train": 250, "test": 50}
FILES = {"train": "train", "test": "t10k"}
DATE = (2017, 8, 25, 0, 0, 0)  # of the data's publication; a fixed date makes the archive the same each time


def main(source: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for split, count in PER_CLASS.items():
            images, labels = read(source, FILES[split])
            for number, name in enumerate(CLASSES):
                for index, row in enumerate(np.flatnonzero(labels == number)[:count]):
                    add(archive, f"fashion/{split}/{name}/{name}-{index:04d}.png", encode(images[row]))


def read(source: Path, stem: str) -> tuple[np.ndarray, np.ndarray]:
    """uint8 images [n, 28, 28] and labels [n] of a pair of IDX files."""
    images = np.frombuffer(unpack(source / f"{stem}-images-idx3-ubyte.gz"), np.uint8, offset=16).reshape(-1, 28, 28)
    return images, np.frombuffer(unpack(source / f"{stem}-labels-idx1-ubyte.gz"), np.uint8, offset=8)


def unpack(path: Path) -> bytes:
    with gzip.open(path) as file:
        return file.read()


def encode(image: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(image).save(out, "PNG", optimize=True)
    return out.getvalue()


def add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, DATE), content, zipfile.ZIP_STORED)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(__file__).with_name("fashion.zip"))
