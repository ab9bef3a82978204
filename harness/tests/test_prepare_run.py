"""The whole of prepare: what lies on disk afterwards, and what it does not depend on."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from prepare_support import draw, encode, refusal, stage, write, write_classes

from improve_harness.prepare import decode, read
from improve_harness.prepare.options import Options
from improve_harness.prepare.workers import Crashed, map_in_workers

RUN = Path(__file__).parent.parent / "run.py"


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_files_are_those_of_the_architecture_and_their_hashes_hold(tmp_path):
    staged = stage(write_classes(tmp_path / "d", {"cat": 30, "dog": 20}), tmp_path / "o")
    dataset = staged.dataset
    parts = ["fold0", "fold1", "fold2", "fold3", "fold4", "test"]
    expected = ["card.json", "dataset.json", "items.jsonl", "quarantine.jsonl"]
    expected += [f"dev/{k}.i32" for k in range(5)] + [f"labels/{part}.i32" for part in parts]
    expected += [f"parts/{part}/{file}" for part in parts for file in ("pixels.u8", "shapes.i32")]
    assert sorted(str(p.relative_to(staged.out)) for p in staged.out.rglob("*") if p.is_file()) == sorted(expected)
    for part in parts:
        facts = dataset["parts"][part]
        labels = np.fromfile(staged.out / "labels" / f"{part}.i32", "<i4")
        assert facts["count"] == len(labels) == len(staged.pictures(part))
        assert facts["classCounts"] == np.bincount(labels, minlength=2).tolist()
        assert facts["sha256"]["pixels"] == sha256(staged.out / "parts" / part / "pixels.u8")
        assert facts["sha256"]["shapes"] == sha256(staged.out / "parts" / part / "shapes.i32")
        assert facts["sha256"]["labels"] == sha256(staged.out / "labels" / f"{part}.i32")
    for k, fold in enumerate(dataset["folds"]):
        assert fold["dev"] == sha256(staged.out / "dev" / f"{k}.i32")
    for name in ("items", "quarantine"):
        assert dataset["sha256"][name] == sha256(staged.out / f"{name}.jsonl")
    assert dataset["sha256"]["card"] == sha256(staged.out / "card.json")
    assert dataset["uniformShape"] == [16, 20]


def test_every_row_is_the_picture_and_label_that_items_says(tmp_path):
    staged = stage(write_classes(tmp_path / "d", {"cat": 12, "dog": 12}), tmp_path / "o")
    rows = {part: staged.pictures(part) for part in staged.dataset["parts"]}
    assert len(staged.items) == 24
    for item in staged.items:
        data = (tmp_path / "d" / item["path"]).read_bytes()
        original = np.asarray(Image.open(io.BytesIO(data))).transpose(2, 0, 1)
        assert np.array_equal(rows[item["part"]][item["row"]], original)
        assert staged.dataset["classes"][item["label"]] == item["path"].split("/")[0]
        assert np.fromfile(staged.out / "labels" / f"{item['part']}.i32", "<i4")[item["row"]] == item["label"]
        assert item["sha256"] == hashlib.sha256(data).hexdigest()


def test_sums_and_card_statistics_are_those_of_the_pixels(tmp_path):
    staged = stage(write_classes(tmp_path / "d", {"cat": 12, "dog": 12}), tmp_path / "o")
    everything = []
    for part, facts in staged.dataset["parts"].items():
        pixels = np.concatenate([p.reshape(3, -1) for p in staged.pictures(part)], axis=1) / 255
        everything.append(pixels)
        assert np.allclose(facts["channelSums"], pixels.sum(axis=1))
        assert np.allclose(facts["channelSquareSums"], (pixels**2).sum(axis=1))
        assert facts["pixelCount"] == pixels.shape[1]
    together = np.concatenate(everything, axis=1)
    assert np.allclose(staged.card["mean"], together.mean(axis=1))
    assert np.allclose(staged.card["std"], together.std(axis=1))


def test_grey_pictures_of_a_colour_dataset_get_equal_channels(tmp_path):
    write_classes(tmp_path / "d", {"cat": 6})
    for number in range(6):
        write(tmp_path / "d" / "dog" / f"{number}.png", encode(draw(100 + number, channels=1)))
    staged = stage(tmp_path / "d", tmp_path / "o")
    assert staged.dataset["channels"] == 3
    item = next(item for item in staged.items if item["path"] == "dog/0.png")
    picture = staged.pictures(item["part"])[item["row"]]
    assert np.array_equal(picture, np.repeat(np.asarray(draw(100, channels=1))[None], 3, axis=0))
    facts = staged.dataset["parts"][item["part"]]
    sums = np.sum([p.reshape(3, -1).sum(axis=1) / 255 for p in staged.pictures(item["part"])], axis=0)
    assert np.allclose(facts["channelSums"], sums)


def test_dataset_of_grey_pictures_has_one_channel(tmp_path):
    for number in range(8):
        grey = draw(number, channels=1)
        write(tmp_path / "d" / "ab"[number % 2] / f"{number}.png", encode(grey.convert("RGB") if number < 4 else grey))
    assert stage(tmp_path / "d", tmp_path / "o").dataset["channels"] == 1


def splits_of(staged):
    return {item["pixelHash"]: (item["part"], item["row"]) for item in staged.items}


def test_renaming_and_reordering_the_files_changes_no_split(tmp_path):
    folder = write_classes(tmp_path / "d", {"cat": 30, "dog": 30})
    for number, path in enumerate(sorted((folder / "cat").iterdir())):
        write(tmp_path / "e" / "cat" / "deep" / f"{hash(number) * 7919 % 31:02d}-{number}.png", path.read_bytes())
    shutil.copytree(folder / "dog", tmp_path / "e" / "dog")
    a, b = stage(folder, tmp_path / "a"), stage(tmp_path / "e", tmp_path / "b")
    assert splits_of(a) == splits_of(b)
    assert a.dataset["contentHash"] != b.dataset["contentHash"]
    for part in a.dataset["parts"]:
        assert a.dataset["parts"][part] == b.dataset["parts"][part]


def test_stored_size_and_number_of_workers_change_no_split(tmp_path):
    folder = write_classes(tmp_path / "d", {"cat": 20, "dog": 20}, width=150, height=120)
    write(folder / "cat" / "large.jpg", encode(draw(300, 1800, 1600), "JPEG"))
    staged = [stage(folder, tmp_path / "a"), stage(folder, tmp_path / "b", edge=32), stage(folder, tmp_path / "c", workers=3)]
    assert splits_of(staged[0]) == splits_of(staged[1]) == splits_of(staged[2])
    assert staged[0].dataset == staged[2].dataset
    assert len({s.dataset["contentHash"] for s in staged}) == 1


def test_groups_option_enters_the_content_hash(tmp_path):
    folder = write_classes(tmp_path / "d", {"cat": 6, "dog": 6})
    a, b = stage(folder, tmp_path / "a"), stage(folder, tmp_path / "b", groups={"pattern": r"(\d)\.png"})
    assert a.dataset["contentHash"] != b.dataset["contentHash"]


@pytest.mark.parametrize(
    ("short_side", "limit", "expected"),
    [
        (28, 1 << 40, 64),
        (64, 1 << 40, 64),
        (65, 1 << 40, 96),
        (230, 1 << 40, 224),
        (4000, 1 << 40, 384),
        (350, 1 << 40, 320),
        (4000, 8 * 100 * 384 * 384 * 3, 384),
        (4000, 8 * 100 * 384 * 384 * 3 - 1, 320),
        (4000, 8 * 100 * 320 * 320 * 3 - 1, 256),
        (4000, 100 * 256 * 256 * 3, 256),
        (4000, 100 * 256 * 256 * 3 - 1, 224),
        (4000, 100 * 160 * 160 * 3, 160),
        (4000, 1, 96),
    ],
)
def test_edge_follows_native_size_and_store_limit_and_above_256_an_eighth_of_it(short_side, limit, expected):
    sizes = np.full((100, 3), [short_side, short_side, 3])
    assert read.choose_edge(sizes, Options(store_byte_limit=limit)) == expected


def test_limit_of_the_job_decides_the_stored_size(tmp_path):
    folder = write_classes(tmp_path / "d", {"cat": 4, "dog": 4}, width=330, height=330)
    edges = [stage(folder, tmp_path / str(limit), storeByteLimit=limit).dataset["edge"] for limit in (1 << 30, 8 * 200 * 200 * 3)]
    assert edges == [320, 192]


def test_store_above_its_limit_at_the_smallest_size_is_said(tmp_path):
    folder = write_classes(tmp_path / "d", {"cat": 4, "dog": 4}, width=150, height=120)
    staged = stage(folder, tmp_path / "o", storeByteLimit=1000)
    assert staged.dataset["edge"] == 96
    assert any(w.startswith("The stored pixels take 0.0 GiB even at the smallest size") for w in staged.card["warnings"])


def test_small_dataset_keeps_sizes_and_shrinks_only_the_large(tmp_path):
    folder = write_classes(tmp_path / "d", {"cat": 6, "dog": 6})
    write(folder / "cat" / "large.png", encode(draw(99, 640, 320)))
    staged = stage(folder, tmp_path / "o")
    assert staged.dataset["edge"] == 64
    assert staged.dataset["uniformShape"] is None
    shapes = {p.shape for part in staged.dataset["parts"] for p in staged.pictures(part)}
    assert shapes == {(3, 16, 20), (3, 64, 128)}


def test_broken_pictures_are_quarantined_counted_and_named(tmp_path):
    folder = write_classes(tmp_path / "d", {"cat": 30, "dog": 30})
    write(folder / "cat" / "empty.png", b"")
    write(folder / "dog" / "cut.png", encode(draw(77))[:300])
    staged = stage(folder, tmp_path / "o")
    assert staged.quarantine[0] == {"path": "cat/empty.png", "reason": "empty file"}
    assert staged.quarantine[1]["reason"].startswith("damaged: ")
    assert staged.card["quarantined"]["count"] == 2
    assert staged.card["imageCount"] == 60


def test_picture_that_kills_its_decoder_is_quarantined_and_the_rest_is_read(tmp_path, monkeypatch):
    folder = write_classes(tmp_path / "d", {"cat": 40, "dog": 40})
    poison = (folder / "cat" / "7.png").read_bytes()
    honest = decode.decode

    def deadly(data, edge):
        if data == poison:
            os.kill(os.getpid(), 9)
        return honest(data, edge)

    monkeypatch.setattr(read, "decode", deadly)
    staged = stage(folder, tmp_path / "o", workers=2)
    assert staged.quarantine == [{"path": "cat/7.png", "reason": "the decoder crashed on it"}]
    assert staged.card["imageCount"] == 79


def test_two_crashes_in_one_chunk_lose_only_their_items():
    def work(item):
        if item in (3, 17, 40):
            os.kill(os.getpid(), 9)
        return item * 2

    results = list(map_in_workers(work, [list(range(i, i + 8)) for i in range(0, 48, 8)], 2, lambda: None))
    assert [i for i, r in enumerate(results) if isinstance(r, Crashed)] == [3, 17, 40]
    assert all(r == 2 * i for i, r in enumerate(results) if not isinstance(r, Crashed))


def test_copies_of_own_test_images_are_dropped_and_listed(tmp_path):
    write_classes(tmp_path / "d" / "train", {"cat": 20, "dog": 20})
    write_classes(tmp_path / "d" / "test", {"cat": 5, "dog": 5}, first_seed=100)
    shutil.copy(tmp_path / "d/test/cat/0.png", tmp_path / "d/train/dog/copy.png")
    staged = stage(tmp_path / "d", tmp_path / "o")
    assert staged.card["duplicates"]["droppedFromTrain"] == 1
    assert staged.card["testImages"] == 10
    assert [line["path"] for line in staged.quarantine] == ["train/dog/copy.png"]


def test_card_warns_of_what_a_person_should_know(tmp_path):
    folder = write_classes(tmp_path / "d", {"cat": 60, "dog": 8})
    write(folder / "cat" / "white.png", encode(Image.new("L", (20, 20), 255)))
    write(folder / "cat" / "line.png", encode(draw(5, 200, 1)))
    warnings = stage(folder, tmp_path / "o").card["warnings"]
    starts = (
        "The classes are uneven: cat has 62 images, dog has 8 (8 times fewer).",
        "1 class has fewer than 10 images: dog (8).",
        "Only 70 images in all",
        "The images differ much in size: short sides of 1 to 20 pixels.",
        "The images differ much in shape",
        "1 image only 1 pixel wide or high.",
        "1 image of nearly one colour",
    )
    for start in starts:
        assert any(w.startswith(start) for w in warnings), (start, warnings)


def test_unknown_scheme_and_impossible_edge_are_usage_errors(tmp_path):
    folder = write_classes(tmp_path / "d", {"cat": 4, "dog": 4})
    assert refusal(folder, tmp_path / "a", scheme="magic").kind == "usage"
    assert refusal(folder, tmp_path / "b", edge=5000).kind == "usage"


def test_process_sends_events_on_descriptor_three_and_never_imports_torch(tmp_path):
    write_classes(tmp_path / "d", {"cat": 4, "dog": 4})
    (tmp_path / "o").mkdir()
    job = tmp_path / "job.json"
    job.write_text(json.dumps({"source": str(tmp_path / "d"), "out": str(tmp_path / "o"), "name": "pets", "options": {}}))
    reader, writer = os.pipe()
    command = f'exec 3>&{writer}; exec "$0" -X importtime -I "$1" prepare "$2"'
    started = time.monotonic()
    process = subprocess.run(
        ["bash", "-c", command, sys.executable, str(RUN), str(job)], pass_fds=[writer], capture_output=True, check=True
    )
    os.close(writer)
    with os.fdopen(reader) as stream:
        events = [json.loads(line) for line in stream]
    assert time.monotonic() - started < 30
    assert [e["type"] for e in events[-2:]] == ["prepare.progress", "prepare.finished"]
    phases = [e["phase"] for e in events[:-1]]
    assert list(dict.fromkeys(phases)) == ["scan", "read", "group", "write"]
    assert b" torch" not in process.stderr


def test_users_mistake_is_one_failed_event(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "o").mkdir()
    job = tmp_path / "job.json"
    job.write_text(json.dumps({"source": str(tmp_path / "d"), "out": str(tmp_path / "o"), "name": "pets", "options": {}}))
    process = subprocess.run([sys.executable, "-I", str(RUN), "prepare", str(job)], capture_output=True, text=True, close_fds=True)
    event = json.loads(process.stdout.splitlines()[-1])
    assert process.returncode == 1
    assert (event["type"], event["stage"], event["kind"]) == ("failed", "prepare", "dataset")
    assert event["message"] == "There are no images in this dataset."


def test_memory_does_not_grow_with_the_pixels(tmp_path):
    """800 pictures of 209 kB as stored are 167 MB; a process holds a few chunks of 8 MB."""
    for number in range(40):
        write(tmp_path / "d" / "ab"[number % 2] / f"{number}.bmp", encode(draw(number, 330, 310), "BMP"))
    for number in range(40, 800):
        (tmp_path / "d" / "ab"[number % 2] / f"{number}.bmp").hardlink_to(tmp_path / "d" / "ab"[number % 2] / f"{number % 40}.bmp")
    (tmp_path / "o").mkdir()
    job = tmp_path / "job.json"
    job.write_text(json.dumps({"source": str(tmp_path / "d"), "out": str(tmp_path / "o"), "name": "x", "options": {"workers": 1}}))
    outer = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", outer, sys.executable, "-I", str(RUN), "prepare", str(job)]
    peak_kibibytes = int(subprocess.run(command, capture_output=True, check=True).stdout)
    stored = sum(p.stat().st_size for p in (tmp_path / "o" / "parts").rglob("pixels.u8"))
    assert stored > 160_000_000
    assert peak_kibibytes < 120 << 10
