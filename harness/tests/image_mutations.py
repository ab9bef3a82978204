"""Damages small valid pictures at random and decodes them, to show that no damage ends the process.

    PYTHONPATH=. python tests/image_mutations.py --count 2000 --seed 0      (in harness/)

Decoding runs in worker processes as in prepare, so a crash is counted, not suffered.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter

from PIL import Image
from prepare_support import draw, encode

from improve_harness.prepare.decode import decode, reason_of
from improve_harness.prepare.workers import Crashed, map_in_workers


def samples() -> list[bytes]:
    """One file of each format and of the modes with code of their own."""
    colour, grey = draw(1), draw(2, channels=1)
    exif = Image.Exif()
    exif[0x0112] = 6
    return [
        encode(colour, "JPEG", exif=exif),
        encode(grey, "JPEG", progressive=True),
        encode(colour.convert("CMYK"), "JPEG"),
        encode(colour, "PNG", exif=exif),
        encode(colour.convert("P"), "PNG", transparency=3),
        encode(grey.convert("1"), "PNG"),
        encode(grey.convert("I;16"), "PNG"),
        encode(colour, "WEBP"),
        encode(colour.convert("RGBA"), "WEBP", lossless=True),
        encode(colour, "BMP"),
        encode(colour.convert("P"), "BMP"),
        encode(colour, "TIFF", exif=exif),
        encode(colour, "TIFF", compression="tiff_lzw"),
        encode(grey, "TIFF", compression="tiff_deflate"),
        encode(colour, "TIFF", compression="jpeg"),
        encode(colour, "GIF"),
        encode(colour, "GIF", save_all=True, append_images=[draw(3)]),
        encode(colour, "PPM"),
        encode(grey, "PPM"),
    ]


def mutate(data: bytes, rng: random.Random) -> bytes:
    """One to three of: flip bytes, cut off, delete, repeat, insert, overwrite with extreme values."""
    body = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(body)) if len(body) > 1 else 0
        length = rng.randint(1, 16)
        kind = rng.randrange(6)
        if kind == 0:
            for _ in range(rng.randint(1, 20)):
                body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del body[max(1, at) :]
        elif kind == 2 and len(body) > 2 * length:
            del body[at : at + length]
        elif kind == 3:
            body[at:at] = body[at : at + length * 8]
        elif kind == 4:
            body[at:at] = rng.randbytes(length)
        else:
            body[at : at + 4] = rng.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\x80\0\0\0"])
    return bytes(body)


def count_outcomes(count: int, seed: int) -> Counter[str]:
    """How many mutated files decoded, were refused with a reason, or crashed their process."""
    originals = samples()

    def attempt(number: int) -> str:
        rng = random.Random(seed * 1_000_003 + number)
        data = mutate(originals[number % len(originals)], rng)
        try:
            decode(data, 64)
        except Exception as error:
            assert reason_of(error)
            return "refused"
        return "decoded"

    chunks = [list(range(i, min(i + 50, count))) for i in range(0, count, 50)]
    results = map_in_workers(attempt, chunks, 2, lambda: None)
    return Counter("crashed" if isinstance(result, Crashed) else result for result in results)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    outcomes = count_outcomes(arguments.count, arguments.seed)
    decoded, refused, crashed = (outcomes[kind] for kind in ("decoded", "refused", "crashed"))
    print(f"{arguments.count} mutated files: {decoded} decoded, {refused} refused, {crashed} crashes")
    return 1 if crashed else 0


if __name__ == "__main__":
    sys.exit(main())
