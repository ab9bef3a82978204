"""Which folders are classes and splits, and the sentence for each way of getting it wrong."""

import os
import unicodedata

import pytest
from prepare_support import draw, encode, refusal, stage, write, write_classes
from root_rights import modes_count

TWO = {"cat": 4, "dog": 4}


def names(staged):
    return staged.dataset["classes"]


def test_first_folder_is_the_class_whatever_lies_below(tmp_path):
    write_classes(tmp_path / "d", {"cat/a/b": 3, "cat/c": 2, "dog": 4})
    staged = stage(tmp_path / "d", tmp_path / "o")
    assert {c["name"]: c["count"] for c in staged.card["classes"]} == {"cat": 5, "dog": 4}


@pytest.mark.parametrize(
    ("train", "val", "test"), [("train", "val", "test"), ("Training", "VALIDATION", "Testing"), ("TRAIN", "valid", "test")]
)
def test_split_folders_are_recognised(tmp_path, train, val, test):
    for seed, split in enumerate((train, val, test)):
        write_classes(tmp_path / "d" / split, TWO, first_seed=100 * seed)
    staged = stage(tmp_path / "d", tmp_path / "o")
    assert names(staged) == ["cat", "dog"]
    assert staged.dataset["testOrigin"] == "user"
    assert {item["part"] for item in staged.items if item["path"].startswith(f"{val}/")} == {"val"}
    assert {item["part"] for item in staged.items if item["path"].startswith(f"{test}/")} == {"test"}


@pytest.mark.parametrize("inner", ["", "train/"])
def test_one_wrapping_folder_is_descended_into(tmp_path, inner):
    write_classes(tmp_path / "d" / "my pictures" / inner, TWO)
    write(tmp_path / "d" / "my pictures" / "README.md", b"hello")
    assert names(stage(tmp_path / "d", tmp_path / "o")) == ["cat", "dog"]


def test_class_called_train_is_a_class(tmp_path):
    write_classes(tmp_path / "d", {"bus": 4, "car": 4, "train": 4})
    assert names(stage(tmp_path / "d", tmp_path / "o")) == ["bus", "car", "train"]


def test_leftovers_of_operating_systems_are_ignored_without_a_word(tmp_path):
    write_classes(tmp_path / "d", TWO)
    for junk in ("__MACOSX/cat/._1.png", "cat/Thumbs.db", "desktop.ini", ".git/x.png", "dog/.DS_Store"):
        write(tmp_path / "d" / junk, b"junk")
    staged = stage(tmp_path / "d", tmp_path / "o")
    assert staged.card["stray"]["count"] == 0
    assert staged.card["imageCount"] == 8


def test_stray_files_are_counted_and_named(tmp_path):
    write_classes(tmp_path / "d", TWO)
    write(tmp_path / "d" / "labels.csv", b"a,b")
    write(tmp_path / "d" / "loose.png")
    write(tmp_path / "d" / "cat" / "photo.heic", b"0000ftypheic0000")
    staged = stage(tmp_path / "d", tmp_path / "o")
    assert staged.card["stray"] == {"count": 3, "examples": ["cat/photo.heic", "labels.csv", "loose.png"]}
    assert any(w.startswith("1 HEIC file not used") for w in staged.card["warnings"])


def test_image_with_a_wrong_or_no_extension_is_read(tmp_path):
    write_classes(tmp_path / "d", TWO)
    write(tmp_path / "d" / "cat" / "noextension", encode(draw(50)))
    write(tmp_path / "d" / "cat" / "wrong.dat", encode(draw(51), "JPEG"))
    write(tmp_path / "d" / "cat" / "really-a-jpeg.png", encode(draw(52), "JPEG"))
    assert stage(tmp_path / "d", tmp_path / "o").card["formats"] == {"JPEG": 2, "PNG": 9}


def test_links_inside_are_followed_and_others_named(tmp_path):
    write_classes(tmp_path / "d", TWO)
    outside = write(tmp_path / "secret.png", seed=99)
    (tmp_path / "d" / "cat" / "in.png").symlink_to(tmp_path / "d" / "dog" / "1.png")
    (tmp_path / "d" / "cat" / "out.png").symlink_to(outside)
    (tmp_path / "d" / "cat" / "gone.png").symlink_to("nothing.png")
    (tmp_path / "d" / "dog" / "loop").symlink_to(tmp_path / "d" / "dog")
    staged = stage(tmp_path / "d", tmp_path / "o")
    assert staged.card["imageCount"] == 9
    warning = next(w for w in staged.card["warnings"] if "not followed" in w)
    assert warning.startswith("3 links not followed")
    assert "cat/out.png" in warning


def test_pipe_is_not_opened(tmp_path):
    write_classes(tmp_path / "d", TWO)
    os.mkfifo(tmp_path / "d" / "cat" / "pipe.png")
    assert stage(tmp_path / "d", tmp_path / "o").card["stray"]["examples"] == ["cat/pipe.png"]


def test_names_in_any_script_and_raw_bytes_work(tmp_path):
    write_classes(tmp_path / "d", {"\u732b": 3, "\u0441\u043e\u0431\u0430\u043a\u0430": 3, "\u202eevil": 3})
    raw = os.fsencode(tmp_path / "d") + b"/caf\xe9"
    os.mkdir(raw)  # noqa: PTH102 (pathlib does not take bytes)
    for seed in range(3):
        with open(raw + b"/\xff%d.png" % seed, "wb") as file:  # noqa: PTH123
            file.write(encode(draw(70 + seed)))
    assert names(stage(tmp_path / "d", tmp_path / "o")) == [
        "\\u202eevil",
        "caf\\xe9",
        "\u0441\u043e\u0431\u0430\u043a\u0430",
        "\u732b",
    ]


def test_one_word_in_two_unicode_forms_is_one_class(tmp_path):
    composed = unicodedata.normalize("NFC", "caf\u00e9")
    write_classes(tmp_path / "d" / "train", {composed: 4, "tea": 4})
    write_classes(tmp_path / "d" / "test", {unicodedata.normalize("NFD", composed): 2, "tea": 2}, first_seed=50)
    assert names(stage(tmp_path / "d", tmp_path / "o")) == [composed, "tea"]


def test_thousands_of_classes_work(tmp_path):
    write_classes(tmp_path / "d", {f"class{i:04d}": 2 for i in range(1500)}, width=8, height=8)
    staged = stage(tmp_path / "d", tmp_path / "o")
    assert len(names(staged)) == 1500
    assert staged.dataset["testOrigin"] == "none"


def test_names_alike_but_for_case_are_kept_apart_with_a_warning(tmp_path):
    write_classes(tmp_path / "d", {"Cat": 4, "cat": 4})
    staged = stage(tmp_path / "d", tmp_path / "o")
    assert names(staged) == ["Cat", "cat"]
    assert "Class names differ only in upper and lower case and are kept apart: Cat, cat." in staged.card["warnings"]


def test_unlabelled_test_folder_is_never_test(tmp_path):
    write_classes(tmp_path / "d" / "train", TWO)
    for number in range(3):
        write(tmp_path / "d" / "test" / f"{number}.png", seed=60 + number)
    staged = stage(tmp_path / "d", tmp_path / "o")
    assert staged.dataset["testOrigin"] == "sealed"
    assert "test/ has 3 images but no class folders: without labels it is not used." in staged.card["warnings"]
    assert not any(item["path"].startswith("test/") for item in staged.items)


def test_empty_class_folder_is_a_warning(tmp_path):
    write_classes(tmp_path / "d", TWO)
    (tmp_path / "d" / "bird").mkdir()
    assert "1 class folder without images, not used: bird." in stage(tmp_path / "d", tmp_path / "o").card["warnings"]


def test_one_class_is_refused(tmp_path):
    write_classes(tmp_path / "d", {"cat": 5})
    (tmp_path / "d" / "dog").mkdir()
    failure = refusal(tmp_path / "d", tmp_path / "o")
    assert failure.message == "There is only one class, cat: there is nothing to tell apart."
    assert failure.evidence == ["1 class folder without images, not used: dog."]
    assert failure.kind == "dataset"


def test_empty_folder_is_refused(tmp_path):
    (tmp_path / "d").mkdir()
    failure = refusal(tmp_path / "d", tmp_path / "o")
    assert (failure.message, failure.evidence) == ("There are no images in this dataset.", ["the folder is empty"])


def test_empty_class_folders_are_named(tmp_path):
    for name in ("rose", "tulip"):
        (tmp_path / "d" / name).mkdir(parents=True)
    assert refusal(tmp_path / "d", tmp_path / "o").evidence == ["empty folders: rose, tulip"]


def test_dataset_of_links_that_leave_it_is_told_to_copy_the_pictures(tmp_path):
    folder = write_classes(tmp_path / "real", TWO)
    (tmp_path / "d").mkdir()
    for name in ("cat", "dog"):
        (tmp_path / "d" / name).symlink_to(folder / name)
    failure = refusal(tmp_path / "d", tmp_path / "o")
    assert failure.evidence == ["links that are not followed: cat, dog"]
    assert failure.fix is not None and "cp -rL" in failure.fix


def test_unlabelled_test_folder_is_warned_of_once(tmp_path):
    write_classes(tmp_path / "d" / "train", {"cat": 20, "dog": 20})
    write(tmp_path / "d" / "test" / "1.png")
    warnings = stage(tmp_path / "d", tmp_path / "o").card["warnings"]
    assert [w for w in warnings if "test/" in w] == ["test/ has 1 image but no class folders: without labels it is not used."]


def test_images_set_aside_are_a_warning(tmp_path):
    write_classes(tmp_path / "d", {"cat": 20, "dog": 20})
    write(tmp_path / "d" / "cat" / "bad.png", b"no picture")
    assert "1 image could not be read and is not used: cat/bad.png." in stage(tmp_path / "d", tmp_path / "o").card["warnings"]


def test_folder_of_other_files_is_refused_and_says_what_is_there(tmp_path):
    write(tmp_path / "d" / "cat" / "a.heic", b"0000ftypheic0000")
    failure = refusal(tmp_path / "d", tmp_path / "o")
    assert failure.evidence == ["other files: cat/a.heic", "formats that are not read: HEIC; convert them to JPEG or PNG"]


def test_images_without_class_folders_are_refused(tmp_path):
    for number in range(7):
        write(tmp_path / "d" / f"{number}.png", seed=number)
    failure = refusal(tmp_path / "d", tmp_path / "o")
    assert failure.message == "The images lie directly in the folder, not in class folders, so they have no labels."
    assert failure.evidence == ["images: 0.png, 1.png, 2.png, 3.png, 4.png and 2 more"]
    assert "flowers/rose/1.jpg" in failure.fix


def test_train_without_class_folders_is_refused(tmp_path):
    write(tmp_path / "d" / "train" / "1.png")
    write_classes(tmp_path / "d" / "test", TWO)
    assert "directly in train/" in refusal(tmp_path / "d", tmp_path / "o").message


def test_splits_without_train_are_refused(tmp_path):
    write_classes(tmp_path / "d" / "val", TWO)
    write_classes(tmp_path / "d" / "test", TWO, first_seed=50)
    assert refusal(tmp_path / "d", tmp_path / "o").message == "There are split folders but no train folder."


def test_two_train_folders_are_refused(tmp_path):
    write_classes(tmp_path / "d" / "train", TWO)
    write_classes(tmp_path / "d" / "Training", TWO, first_seed=50)
    assert refusal(tmp_path / "d", tmp_path / "o").message == "Two folders are the train split: Training and train."


def test_class_with_one_image_is_refused(tmp_path):
    write_classes(tmp_path / "d", {"cat": 4, "dog": 1, "emu": 1})
    failure = refusal(tmp_path / "d", tmp_path / "o")
    assert failure.message == "2 classes have fewer than 2 readable images to train on: dog (1), emu (1)."


def test_class_left_with_one_readable_image_is_refused(tmp_path):
    write_classes(tmp_path / "d", {"cat": 30, "dog": 1})
    write(tmp_path / "d" / "dog" / "broken.png", b"broken")
    assert "dog (1)" in refusal(tmp_path / "d", tmp_path / "o").message


def test_case_that_differs_between_splits_is_refused(tmp_path):
    write_classes(tmp_path / "d" / "train", {"Cat": 4, "dog": 4})
    write_classes(tmp_path / "d" / "val", {"cat": 4, "dog": 4}, first_seed=50)
    expected = "Class names differ only in upper and lower case between splits: train/Cat and val/cat."
    assert refusal(tmp_path / "d", tmp_path / "o").message == expected


def test_class_that_train_lacks_is_refused(tmp_path):
    write_classes(tmp_path / "d" / "train", TWO)
    write_classes(tmp_path / "d" / "test", {**TWO, "emu": 2}, first_seed=50)
    assert refusal(tmp_path / "d", tmp_path / "o").message == "1 class in test/ is not in train/: emu."


def test_class_that_own_test_lacks_is_a_warning(tmp_path):
    write_classes(tmp_path / "d" / "train", {**TWO, "emu": 4})
    write_classes(tmp_path / "d" / "test", TWO, first_seed=50)
    assert "1 class without an image in test/: emu." in stage(tmp_path / "d", tmp_path / "o").card["warnings"]


def test_unreadable_folder_or_file_is_said(tmp_path):
    write_classes(tmp_path / "d", {"cat": 30, "dog": 30})
    (tmp_path / "d" / "cat" / "1.png").chmod(0)
    with modes_count():
        staged = stage(tmp_path / "d", tmp_path / "o")
    assert staged.quarantine == [{"path": "cat/1.png", "reason": "cannot be read: Permission denied"}]
    (tmp_path / "d" / "dog").chmod(0)
    with modes_count():
        message = refusal(tmp_path / "d", tmp_path / "p").message
    (tmp_path / "d" / "dog").chmod(0o700)
    assert message == "The folder dog/ cannot be read: Permission denied."


def test_missing_path_is_refused(tmp_path):
    assert "No such file or directory" in refusal(tmp_path / "nothing", tmp_path / "o").message


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "an empty file"),
        (b"hello", "a text file"),
        (b"\x1f\x8b\x08\0", "a gzip file"),
        (b"Rar!\x1a\x07\0", "a RAR archive"),
        (b"PAR1abc", "a Parquet file"),
        (encode(draw(1)), "a single PNG picture"),
        (b"\0" * 257 + b"ustar", "a tar archive"),
        (b"\x80\x81\x82", "a file of an unknown kind"),
    ],
)
def test_file_that_is_no_zip_is_refused_and_named(tmp_path, data, kind):
    write(tmp_path / "thing", data)
    assert refusal(tmp_path / "thing", tmp_path / "o").message == f"thing is {kind}, not a folder or a zip of class folders."


def test_too_many_broken_images_are_refused_with_the_first_names(tmp_path):
    write_classes(tmp_path / "d", {"cat": 10, "dog": 10})
    for number in range(2):
        write(tmp_path / "d" / "cat" / f"bad{number}.jpg", b"\xff\xd8\xff\xe0 broken")
    failure = refusal(tmp_path / "d", tmp_path / "o")
    assert failure.message == "2 images of 22 cannot be read (9%, more than 5%)."
    assert failure.evidence[0].startswith("cat/bad0.jpg: ")
