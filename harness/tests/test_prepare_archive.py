"""Zips: the same result as the folder, and refusal of what an honest archive does not have."""

import stat
import zipfile

import pytest
from prepare_support import draw, encode, refusal, stage, write_classes

from improve_harness.prepare import archive
from improve_harness.protocol import Failure

TWO = {"cat": 4, "dog": 4}


def zip_folder(folder, target, prefix="", compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(target, "w", compression) as z:
        for path in sorted(folder.rglob("*")):
            z.write(path, prefix + str(path.relative_to(folder)))
    return target


def hostile(tmp_path, info, data=b"x"):
    """A zip of two good classes and one more entry."""
    target = zip_folder(write_classes(tmp_path / "d", TWO), tmp_path / "d.zip")
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as z:
        z.writestr(info, data)
    return target


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip_gives_the_same_dataset_as_its_folder(tmp_path, compression):
    folder = write_classes(tmp_path / "d", TWO)
    a = stage(folder, tmp_path / "a")
    b = stage(zip_folder(folder, tmp_path / "d.zip", compression=compression), tmp_path / "b", workers=2)
    assert a.dataset == b.dataset
    assert a.items == b.items
    assert a.card == b.card


def test_wrapping_folder_in_a_zip_is_descended_into(tmp_path):
    target = zip_folder(write_classes(tmp_path / "d", TWO), tmp_path / "d.zip", "pets/")
    assert stage(target, tmp_path / "o").dataset["classes"] == ["cat", "dog"]


def test_backslash_names_are_folders(tmp_path):
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as z:
        z.writestr("pets\\", b"")
        for number in range(8):
            z.writestr(f"pets\\{'cat' if number < 4 else 'dog'}\\{number}.png", encode(draw(number)))
    assert stage(tmp_path / "d.zip", tmp_path / "o").dataset["classes"] == ["cat", "dog"]


def test_names_in_utf8_without_the_flag_and_in_code_page_437_are_read(tmp_path):
    japanese = "\u732b"
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as z:
        for number in range(4):
            z.writestr(f"XXX/{number}.png", encode(draw(number)))
            z.writestr(f"YYYY/{number}.png", encode(draw(10 + number)))
    raw = (tmp_path / "d.zip").read_bytes().replace(b"XXX/", japanese.encode() + b"/").replace(b"YYYY/", b"\x81\x81\x81\x81/")
    (tmp_path / "d.zip").write_bytes(raw)
    assert stage(tmp_path / "d.zip", tmp_path / "o").dataset["classes"] == ["\u00fc" * 4, japanese]


def test_empty_folder_entry_is_an_empty_class(tmp_path):
    target = hostile(tmp_path, zipfile.ZipInfo("bird/"), b"")
    assert "1 class folder without images, not used: bird." in stage(target, tmp_path / "o").card["warnings"]


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../evil.png", "cat/../../evil.png", "C:\\evil.png", "\\evil.png", "cat\\..\\..\\e.png"]
)
def test_name_that_points_outside_is_refused(tmp_path, name):
    message = refusal(hostile(tmp_path, zipfile.ZipInfo(name)), tmp_path / "o").message
    assert message.startswith("The archive has an entry that points outside of it: ")


def test_name_with_a_zero_byte_is_refused(tmp_path):
    target = hostile(tmp_path, zipfile.ZipInfo("cat/aQb.png"))
    target.write_bytes(target.read_bytes().replace(b"cat/aQb.png", b"cat/a\0b.png"))
    assert "points outside" in refusal(target, tmp_path / "o").message


@pytest.mark.parametrize(("kind", "words"), [(stat.S_IFLNK, "a link"), (stat.S_IFCHR, "no file"), (stat.S_IFIFO, "no file")])
def test_link_or_device_is_refused(tmp_path, kind, words):
    info = zipfile.ZipInfo("cat/x.png")
    info.create_system = 3
    info.external_attr = (kind | 0o644) << 16
    assert words in refusal(hostile(tmp_path, info, b"/etc/passwd"), tmp_path / "o").message


def test_encrypted_archive_is_refused(tmp_path):
    target = hostile(tmp_path, zipfile.ZipInfo("cat/secret.png"))
    raw = bytearray(target.read_bytes())
    entry = raw.rindex(b"PK\x01\x02")
    raw[entry + 8] |= 1
    target.write_bytes(raw)
    assert refusal(target, tmp_path / "o").message == "The archive is encrypted (cat/secret.png)."


def test_zip_bomb_is_refused(tmp_path):
    info = zipfile.ZipInfo("cat/big.bmp")
    info.compress_type = zipfile.ZIP_DEFLATED
    message = refusal(hostile(tmp_path, info, bytes(5 << 20)), tmp_path / "o").message
    assert message.startswith("The archive looks like a zip bomb: cat/big.bmp grows ")


def test_declared_total_above_the_cap_is_refused():
    with pytest.raises(Failure, match="unpacks to 300 GiB, more than 200 GiB"):
        archive.check_total(300 << 30)


def test_too_many_entries_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_ENTRIES", 5)
    target = zip_folder(write_classes(tmp_path / "d", TWO), tmp_path / "d.zip")
    assert refusal(target, tmp_path / "o").message == "The archive has 10 entries, more than 5."


def test_same_name_twice_is_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        target = hostile(tmp_path, zipfile.ZipInfo("cat/1.png"))
    assert refusal(target, tmp_path / "o").message == "The archive holds cat/1.png twice."


def test_entry_that_lies_about_its_size_is_quarantined(tmp_path):
    folder = write_classes(tmp_path / "d", {"cat": 20, "dog": 20})
    target = zip_folder(folder, tmp_path / "d.zip")
    raw = bytearray(target.read_bytes())
    entry = raw.index(b"PK\x01\x02", raw.index(b"PK\x01\x02") + 4)  # the first is the folder
    raw[entry + 24 : entry + 28] = (50).to_bytes(4, "little")
    target.write_bytes(raw)
    staged = stage(target, tmp_path / "o")
    assert staged.card["quarantined"]["count"] == 1
    assert staged.card["imageCount"] == 39


def test_zip_cut_off_is_refused(tmp_path):
    target = zip_folder(write_classes(tmp_path / "d", TWO), tmp_path / "d.zip")
    target.write_bytes(target.read_bytes()[:-40])
    failure = refusal(target, tmp_path / "o")
    assert (failure.message, failure.fix) == ("d.zip is a damaged zip archive.", "copy or download it again")
