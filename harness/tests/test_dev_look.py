"""What a training tells of its finished model on dev, and of the model on the way. Real processes on 256 small pictures."""

import numpy as np
import pytest
import torch
from staged import HARNESS, run_process, stage, train_job, write_code

from improve_harness.changes import CHANGES
from improve_harness.contract import Ema, Training
from improve_harness.dev_look import compare
from improve_harness.device import Machine
from improve_harness.loop import train_steps

TINY = HARNESS / "tests/pipelines/tiny"


def train(tmp_path, info, *, steps=60, **job):
    code = write_code(tmp_path / "code", TINY)
    whole = {**train_job(tmp_path / "data", info, code, tmp_path / "out", steps=steps), **job}
    exit_code, events, log = run_process("train", whole, tmp_path)
    assert exit_code == 0, (events, log)
    return events


def dev_of(events):
    return next((event["report"] for event in events if event["type"] == "train.dev"), None)


def test_all_dev_images_are_told_by_class_and_probes_tell_which_change_matters(tmp_path):
    info = stage(tmp_path / "data", count=256)
    np.arange(64, dtype="<i4").tofile(tmp_path / "data/dev.i32")
    labels = np.fromfile(tmp_path / "data/parts/train/labels.i32", "<i4")[:64]
    events = train(tmp_path, {**info, "trainSeconds": 60.0}, probes=True)
    assert [event["type"] for event in events[-2:]] == ["train.dev", "train.finished"]
    report = dev_of(events)
    assert report["n"] == 64 and report["right"] >= 60 and report["loss"] < 0.4
    assert [each["count"] for each in report["perClass"]] == np.bincount(labels).tolist()
    assert sum(each["right"] for each in report["perClass"]) == report["right"]
    assert sum(cell[2] for cell in report["confusions"]) == 64 - report["right"]
    probes = report["probes"]
    assert list(probes) == list(CHANGES) and probes["mirror"]["n"] == 64
    # The class is where the bright bar lies, top or bottom: a picture upside down is one of the other class.
    assert probes["mirror"]["same"] >= 58
    assert probes["flip-vertical"]["right"] <= 10 and probes["flip-vertical"]["confidence"] > 0.6
    assert probes["hue"] == {"n": 0, "right": 0, "same": 0, "confidence": 0}


def test_probes_that_the_seconds_do_not_allow_are_left_out(tmp_path):
    info = stage(tmp_path / "data", count=256)
    np.arange(64, dtype="<i4").tofile(tmp_path / "data/dev.i32")
    report = dev_of(train(tmp_path, {**info, "trainSeconds": 0.001}, steps=5, probes=True))
    assert report["n"] == 64 and report["probes"] is None


def test_probes_are_asked_only_on_request_and_dev_only_where_there_is_one(tmp_path):
    info = stage(tmp_path / "data")
    assert dev_of(train(tmp_path, info, steps=5))["probes"] is None
    np.zeros(0, "<i4").tofile(tmp_path / "data/dev.i32")
    assert dev_of(train(tmp_path, info, steps=5, probes=True)) is None


def test_the_look_at_dev_leaves_the_weights_as_they_are(tmp_path):
    info = stage(tmp_path / "data")
    weights = []
    for probes in (False, True):
        train(tmp_path, {**info, "trainSeconds": 60.0}, steps=5, probes=probes)
        weights.append((tmp_path / "out/weights.safetensors").read_bytes())
    assert weights[0] == weights[1]


def test_pictures_of_many_sizes_are_probed_too(tmp_path):
    info = stage(tmp_path / "data", count=160, channels=3, ragged=True)
    report = dev_of(train(tmp_path, {**info, "trainSeconds": 60.0}, steps=5, probes=True))
    assert report["probes"]["hue"]["n"] == report["n"] == 8


def test_a_probe_counts_what_is_right_what_stayed_and_how_sure_the_newly_wrong_are():
    labels, before = torch.tensor([0, 0, 1, 1]), torch.tensor([0, 0, 0, 1])
    logits = torch.tensor([[2.0, 0.0], [0.0, 3.0], [0.0, 9.0], [0.0, 1.0]])
    told = compare(before, logits, labels)
    assert told == {"n": 4, "right": 3, "same": 2, "confidence": pytest.approx(torch.tensor(3.0).sigmoid().item())}


@pytest.mark.parametrize("averaging", [None, Ema(0.9)])
def test_the_curve_is_told_of_the_average_where_there_is_one(averaging):
    model = torch.nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    batch = torch.randn(8, 2), torch.randint(0, 2, (8,))
    training = Training(optimizer, lambda progress: 1.0, torch.nn.functional.cross_entropy, averaging=averaging)
    told = []
    machine = Machine("cpu", 1, torch.float32, False)
    final = train_steps(model, training, iter(lambda: batch, None), 3, machine, lambda *step: told.append(step[3]))
    assert all(each is final for each in told) and len(told) == 3
    assert (final is model) == (averaging is None)
