"""Real classification processes on what a real training left. Not covered: the sandbox around them, and how the host reads files."""

import io
import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from staged import HARNESS, MACHINE, predict_job, run_process, stage, train_job, write_code

from improve_harness.classifier import Classifier

TINY = HARNESS / "tests/pipelines/tiny"


def trained(tmp_path, **options):
    """(info, folder with weights and the logits of val) of a short training."""
    info = stage(tmp_path / "data", **options)
    code, out = write_code(tmp_path / "code", TINY), tmp_path / "out"
    for mode, job in (
        ("train", train_job(tmp_path / "data", info, code, out, steps=10)),
        ("predict", predict_job(tmp_path / "data", info, code, out)),
    ):
        exit_code, events, log = run_process(mode, job, tmp_path)
        assert exit_code == 0, (events, log)
    return info, out


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """(folder, info) of a training on grey 8 x 8 pictures."""
    folder = tmp_path_factory.mktemp("tiny")
    return folder, trained(folder)[0]


def classify(trained_in, info, files):
    """(logits [n, 2], events) of the bytes of files."""
    job = classify_job(trained_in, info, len(files))
    frames = b"".join(len(data).to_bytes(4, "little") + data for data in files)
    exit_code, events, log = run_process("classify", job, trained_in, stdin=frames)
    assert exit_code == 0, (events, log)
    return np.fromfile(Path(job["paths"]["out"]) / "logits.f32", "<f4").reshape(len(files), 2), events


def classify_job(trained_in, info, count):
    out = trained_in / "classified"
    out.mkdir(exist_ok=True)
    paths = {"code": str(trained_in / "code"), "weights": str(trained_in / "out/weights.safetensors"), "out": str(out)}
    return {"paths": paths, "info": info, "machine": {**MACHINE, "threads": 2}, "seed": 1, "edge": 64, "count": count}


def val_pictures(folder: Path, channels: int) -> list[np.ndarray]:
    """uint8 [C, h, w] of each image of val."""
    place = folder / "data/parts/val"
    shapes = np.fromfile(place / "shapes.i32", "<i4").reshape(-1, 2)
    pixels = np.fromfile(place / "pixels.u8", np.uint8)
    ends = np.cumsum(channels * shapes.prod(1))
    return [part.reshape(channels, *shape) for part, shape in zip(np.split(pixels, ends[:-1]), shapes, strict=True)]


def png(planes: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(planes[0] if len(planes) == 1 else np.ascontiguousarray(planes.transpose(1, 2, 0))).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    "options",
    [{"count": 640}, {"channels": 3, "ragged": True}],
    ids=["one shape", "many shapes"],
)
def test_an_image_of_val_gives_the_logits_that_predict_gave(options, tmp_path):
    info, out = trained(tmp_path, **options)
    expected = np.fromfile(out / "logits.f32", "<f4").reshape(-1, 2)
    logits, events = classify(tmp_path, info, [png(picture) for picture in val_pictures(tmp_path, info["channels"])])
    assert len(logits) == len(expected) > 40
    np.testing.assert_allclose(logits, expected, atol=1e-4)
    assert events[0]["type"] == "process.ready"
    assert events[-1] == {"type": "classify.finished", "greyed": 0, "squashed": 0}


def test_a_picture_that_cannot_be_read_has_no_logits_and_a_reason_and_the_others_keep_theirs(tiny):
    folder, info = tiny
    first, second = (png(picture) for picture in val_pictures(folder, 1)[:2])
    logits, events = classify(folder, info, [first, b"", b"no picture", first[:60], second])
    alone, _ = classify(folder, info, [first, second])
    np.testing.assert_allclose(logits[[0, 4]], alone, atol=1e-5)
    assert np.isnan(logits[1:4]).all()
    refused = {event["row"]: event["reason"] for event in events if event["type"] == "classify.refused"}
    assert refused.keys() == {1, 2, 3}
    assert refused[1] == "empty file"
    assert refused[2] == "not a JPEG, PNG, WebP, BMP, TIFF, GIF or PPM picture"
    assert refused[3].startswith("damaged: ")


def test_only_broken_pictures_end_well_too(tiny):
    folder, info = tiny
    logits, events = classify(folder, info, [b"", b"x"])
    assert np.isnan(logits).all() and events[-1]["type"] == "classify.finished"


def test_a_colour_picture_of_another_shape_is_told_as_a_small_grey_one_and_that_is_counted(tiny):
    folder, info = tiny
    picture = val_pictures(folder, 1)[0]
    large = np.repeat(picture.repeat(3, 1).repeat(3, 2), 3, axis=0)
    large[0] = np.minimum(255, large[0].astype(int) + 1)  # hardly red, yet no grey picture any more
    logits, events = classify(folder, info, [png(picture), png(large)])
    assert (events[-1]["greyed"], events[-1]["squashed"]) == (1, 1)
    assert np.isfinite(logits).all()


def test_a_host_that_dies_in_the_middle_ends_the_process(tiny):
    folder, info = tiny
    exit_code, events, _ = run_process(
        "classify", classify_job(folder, info, 2), folder, stdin=(1000).to_bytes(4, "little") + b"cut"
    )
    assert exit_code == 1
    assert events[-1]["type"] == "process.ready"


def test_a_bundle_is_used_from_python_in_three_lines(tiny, tmp_path):
    folder, info = tiny
    bundle = tmp_path / "best"
    bundle.mkdir()
    shutil.copytree(folder / "code", bundle / "pipeline")
    shutil.copy(folder / "out" / "weights.safetensors", bundle)
    classes = ["the cat", "the dog"]
    facts = {"version": 1, "classes": classes, "info": info, "machine": MACHINE, "seed": 1, "edge": 64}
    (bundle / "bundle.json").write_text(json.dumps(facts), encoding="utf-8")
    (tmp_path / "one.png").write_bytes(png(val_pictures(folder, 1)[0]))
    (tmp_path / "broken.png").write_bytes(b"")
    classifier = Classifier.load(bundle)
    ranked = classifier(tmp_path / "one.png")
    logits = np.fromfile(folder / "out" / "logits.f32", "<f4").reshape(-1, 2)[0]
    assert {name for name, _ in ranked} == set(classes)
    assert ranked[0][0] == classes[int(logits.argmax())]
    assert ranked[0][1] == pytest.approx(1 / (1 + math.exp(-abs(float(logits[0] - logits[1])))), abs=1e-4)
    with pytest.raises(ValueError, match=r"broken\.png: empty file"):
        classifier(tmp_path / "broken.png")
