"""Duplicates, near duplicates, user groups and shared prefixes."""

import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from prepare_support import draw, encode, refusal, stage, write, write_classes

from improve_harness.prepare.groups import components, drop_large, join, user_groups
from improve_harness.prepare.near import MAX_DISTANCE, Thumbs, candidates, near_pairs
from improve_harness.prepare.prefixes import propose_pattern
from improve_harness.protocol import Failure


def groups_of(staged):
    return {item["path"]: item["group"] for item in staged.items}


def test_copies_stay_together_and_conflicting_labels_are_named(tmp_path):
    write_classes(tmp_path / "d", {"cat": 20, "dog": 20})
    for name in ("cat/a.bmp", "cat/b.png", "dog/c.png"):
        write(tmp_path / "d" / name, encode(draw(500), "BMP" if name.endswith("bmp") else "PNG"))
    staged = stage(tmp_path / "d", tmp_path / "o")
    groups = groups_of(staged)
    assert groups["cat/a.bmp"] == groups["cat/b.png"] == groups["dog/c.png"]
    assert len({staged.part_of(name) for name in ("cat/a.bmp", "cat/b.png", "dog/c.png")}) == 1
    counted = staged.card["duplicates"]
    assert (counted["identicalGroups"], counted["identicalImages"], counted["conflictingLabels"]) == (1, 3, 1)
    assert any("lies in more than one class with identical pixels: a label is wrong" in w for w in staged.card["warnings"])


@pytest.mark.parametrize(
    "change",
    [
        lambda im: Image.open(io.BytesIO(encode(im, "JPEG", quality=60))),
        lambda im: im.resize((150, 120)),
        lambda im: ImageEnhance.Brightness(im).enhance(1.01),
    ],
)
def test_recompressed_resized_or_slightly_brighter_copy_is_a_near_duplicate(tmp_path, change):
    write_classes(tmp_path / "d", {"cat": 20, "dog": 20})
    original = draw(500, 200, 160)
    write(tmp_path / "d" / "cat" / "a.png", encode(original))
    write(tmp_path / "d" / "dog" / "b.png", encode(change(original)))
    staged = stage(tmp_path / "d", tmp_path / "o")
    assert groups_of(staged)["cat/a.png"] == groups_of(staged)["dog/b.png"]
    assert staged.card["duplicates"]["nearImages"] == 2
    assert staged.card["groups"] == {"origin": "duplicates", "count": 41, "largest": 2}


def test_different_pictures_are_not_joined(tmp_path):
    staged = stage(write_classes(tmp_path / "d", {"cat": 60, "dog": 60}), tmp_path / "o")
    assert staged.card["groups"] == {"origin": "none", "count": 120, "largest": 1}


def test_same_hash_without_the_same_pixels_is_not_joined():
    ramp = np.tile(np.arange(32, dtype=np.uint8), (32, 1))
    thumbs = np.stack([ramp.ravel(), (ramp * 7).ravel()])
    assert len(near_pairs(np.array([5, 5], dtype=np.uint64), Thumbs(thumbs, np.arange(2)))) == 0


def test_banding_finds_every_pair_within_the_distance():
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**63, 300, dtype=np.uint64)
    for i in range(0, 300, 2):
        flips = rng.choice(64, int(rng.integers(0, 7)), replace=False)
        hashes[i + 1] = hashes[i] ^ np.uint64(sum(1 << int(bit) for bit in flips))
    found = {tuple(pair) for block in candidates(hashes) for pair in block.tolist()}
    close = np.bitwise_count(hashes[:, None] ^ hashes[None]) <= MAX_DISTANCE
    expected = {(i, j) for i, j in np.argwhere(close).tolist() if i < j}
    assert expected == found
    assert len(expected) > 50


def test_many_equal_hashes_do_not_make_all_pairs():
    count = sum(len(block) for block in candidates(np.zeros(2000, dtype=np.uint64)))
    assert count < 2000 * 64 * 5


def test_large_near_group_is_not_used_but_identical_pixels_stay_together():
    near = np.array([0] * 20 + list(range(1, 481)))
    identical = np.concatenate([np.arange(500), np.full(300, 400)])
    apart, warnings = drop_large(near, identical)
    assert len(np.unique(apart)) == 500
    assert warnings == ["20 images look alike in 1 group too large to be copies: not used as groups."]


def test_components_and_join_are_transitive():
    assert components(5, np.array([[0, 1], [3, 4], [1, 3]])).tolist() == [0, 0, 1, 0, 0]
    assert len(np.unique(join(np.array([0, 0, 1, 2]), np.array([5, 6, 6, 7])))) == 2


def test_pattern_keeps_its_groups_in_one_part(tmp_path):
    for patient in range(12):
        for shot in range(4):
            label = "ill" if shot < 2 else "well"
            write(tmp_path / "d" / label / f"p{patient}_{shot}.png", seed=10 * patient + shot)
    staged = stage(tmp_path / "d", tmp_path / "o", groups={"pattern": r"(p\d+)_"})
    parts = {}
    for item in staged.items:
        parts.setdefault(item["path"].split("/")[1].split("_")[0], set()).add(item["part"])
    assert len(parts) == 12
    assert all(len(of_patient) == 1 for of_patient in parts.values())
    assert staged.card["groups"] == {"origin": "user", "count": 12, "largest": 4}
    # The host finds overlaps by these: the user's groups, and apart from them the copies, of which there are none.
    assert len({item["group"] for item in staged.items}) == 12
    assert len({item["copyGroup"] for item in staged.items}) == 48
    assert staged.dataset["tornGroups"] == 0


def test_file_of_groups_is_read_and_others_stand_alone(tmp_path):
    write_classes(tmp_path / "d" / "wrap", {"cat": 6, "dog": 6})
    write(tmp_path / "g.csv", b"path,group\r\nwrap/cat/0.png,x\r\ncat/1.png,x\r\n\r\ndog\\2.png,x\r\n")
    groups = groups_of(stage(tmp_path / "d", tmp_path / "o", groups={"file": str(tmp_path / "g.csv")}))
    assert groups["wrap/cat/0.png"] == groups["wrap/cat/1.png"] == groups["wrap/dog/2.png"]
    assert len(set(groups.values())) == 10


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (r"(patient\d+)", "The groups pattern names none of the 2 images."),
        (r"(c)", "The groups pattern puts all images in one group, c."),
        (r"(", "The groups pattern ( is not a regular expression: missing ), unterminated subpattern at position 0."),
    ],
)
def test_pattern_that_groups_nothing_or_everything_is_refused(pattern, message):
    with pytest.raises(Failure) as caught:
        user_groups(["cat/1.png", "cat/2.png"], "", {"pattern": pattern})
    assert caught.value.message == message


def test_group_of_a_pattern_without_parentheses_is_the_whole_match():
    assert user_groups(["a/x1.png", "b/x1.png", "b/y.png"], "", {"pattern": r"x\d"}).tolist() == [0, 0, 3]


@pytest.mark.parametrize(
    ("text", "words"), [(b"cat/0.png\n", "Line 1 of the groups file has no group"), (b"\xff\xfe", "cannot be read")]
)
def test_wrong_groups_file_is_refused(tmp_path, text, words):
    write_classes(tmp_path / "d", {"cat": 6, "dog": 6})
    write(tmp_path / "g.csv", text)
    assert words in refusal(tmp_path / "d", tmp_path / "o", groups={"file": str(tmp_path / "g.csv")}).message


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([f"{c}/p{i}_{k}.png" for c in "ab" for i in range(20) for k in range(2)], 20),
        ([f"{c}/{i:02d}x{k}.png" for c in "ab" for i in range(20) for k in range(2)], 20),
        ([f"{c}/IMG_{i}.png" for c in "ab" for i in range(40)], None),
        ([f"{c}/{c}_{i}.png" for c in ("cat", "dog", "emu") for i in range(20)], None),
        ([f"{c}/{i}.png" for c in "ab" for i in range(40)], None),
    ],
)
def test_shared_prefixes_are_noticed(paths, expected):
    proposal = propose_pattern(paths, {"a", "b", "cat", "dog", "emu"} if "cat" in paths[0] else {"a", "b"})
    assert (proposal and proposal[1]) == expected
    if proposal:
        numbers = user_groups(paths, "", {"pattern": proposal[0]})
        assert len(set(numbers.tolist())) == expected


def test_prefixes_are_proposed_in_the_card(tmp_path):
    for i in range(20):
        for k in range(2):
            write(tmp_path / "d" / "ab"[i % 2] / f"s{i}_{k}.png", seed=10 * i + k)
    warnings = stage(tmp_path / "d", tmp_path / "o").card["warnings"]
    assert any("File names share 20 prefixes" in w and "--groups '([^/]+)[ _-][^/]*$'" in w for w in warnings)
