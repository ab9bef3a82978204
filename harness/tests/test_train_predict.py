"""Real training and prediction processes on 96 small pictures. Not covered: the sandbox around them (src/sandbox)."""

from pathlib import Path

import numpy as np
import pytest
from staged import HARNESS, predict_job, run_process, stage, train_job, write_code

TINY = HARNESS / "tests/pipelines/tiny"
SCRATCH = HARNESS / "tests/pipelines/scratch"


def accuracy(out: Path, data: Path, classes: int) -> float:
    logits = np.fromfile(out / "logits.f32", "<f4").reshape(-1, classes)
    return float((logits.argmax(1) == np.fromfile(data / "labels.i32", "<i4")).mean())


def train_and_predict(tmp_path, info, code, **options):
    out = tmp_path / "out"
    exit_code, events, log = run_process("train", train_job(tmp_path / "data", info, code, out, **options), tmp_path)
    assert exit_code == 0, (events, log)
    exit_code, predicted, log = run_process("predict", predict_job(tmp_path / "data", info, code, out, [3, 1, 2]), tmp_path)
    assert exit_code == 0, (predicted, log)
    return events, out


def test_the_tiny_pipeline_learns_where_the_bar_lies(tmp_path):
    info = stage(tmp_path / "data", count=256)
    events, out = train_and_predict(tmp_path, info, write_code(tmp_path / "code", TINY))
    assert [e["type"] for e in events[:3]] == ["check.passed", "process.ready", "smoke.passed"]
    assert [e["fraction"] for e in events if e["type"] == "train.progress"] == pytest.approx([k / 8 for k in range(1, 9)])
    assert events[-1]["type"] == "train.finished" and events[-1]["steps"] == 40
    assert accuracy(out, tmp_path / "data", 2) > 0.8


def test_the_scratch_pipeline_learns_from_colour_pictures_of_many_sizes(tmp_path):
    info = stage(tmp_path / "data", count=160, side=24, channels=3, ragged=True)
    _, out = train_and_predict(tmp_path, info, write_code(tmp_path / "code", SCRATCH, size=32))
    assert accuracy(out, tmp_path / "data", 2) > 0.75


def test_the_same_seed_and_steps_give_the_same_weights(tmp_path):
    info = stage(tmp_path / "data")
    code = write_code(tmp_path / "code", TINY)
    weights = []
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        job = train_job(tmp_path / "data", info, code, tmp_path / name, steps=6, seed=seed)
        assert run_process("train", job, tmp_path)[0] == 0
        weights.append((tmp_path / name / "weights.safetensors").read_bytes())
    assert weights[0] == weights[1] != weights[2]


def test_a_given_step_count_skips_the_smoke_run(tmp_path):
    info = stage(tmp_path / "data")
    job = train_job(tmp_path / "data", info, write_code(tmp_path / "code", TINY), tmp_path / "out", steps=5)
    _, events, _ = run_process("train", job, tmp_path)
    assert "smoke.passed" not in [e["type"] for e in events] and events[-1]["steps"] == 5


@pytest.mark.parametrize("ragged", [False, True])
def test_a_fold_without_dev_images_trains_and_says_nothing_of_dev(ragged, tmp_path):
    info = stage(tmp_path / "data", ragged=ragged)
    np.zeros(0, "<i4").tofile(tmp_path / "data/dev.i32")
    job = train_job(tmp_path / "data", info, write_code(tmp_path / "code", TINY), tmp_path / "out", steps=8)
    exit_code, events, log = run_process("train", job, tmp_path)
    assert exit_code == 0, (events, log)
    points = [e for e in events if e["type"] == "train.progress"]
    assert len(points) == 8
    assert all(e["devLoss"] is None and e["devAccuracy"] is None and e["trainLoss"] > 0 for e in points)


def test_rows_predicted_alone_and_in_another_order_agree_with_the_whole(tmp_path):
    info = stage(tmp_path / "data")
    _, out = train_and_predict(tmp_path, info, write_code(tmp_path / "code", TINY))
    whole = np.fromfile(out / "logits.f32", "<f4").reshape(-1, 2)
    check = np.fromfile(out / "check.f32", "<f4").reshape(-1, 2)
    assert np.allclose(whole[[3, 1, 2]], check, atol=1e-4)


WIDE = {
    "an input larger than the stored size": {"data": "DATA_LARGER"},
    "auxiliary outputs and a loss of their own": {"model": "MODEL_AUX", "training": "TRAINING_AUX"},
    "a loop of its own, with mixup and class weights": {"data": "DATA_MIX", "training": "TRAINING_FIT"},
    "averaged weights, clipping and two optimizers": {"training": "TRAINING_EMA"},
    "transforms of torchvision, one image at a time": {"data": "DATA_TORCHVISION"},
}


@pytest.mark.parametrize("idea", WIDE)
def test_the_contract_is_wide_enough_for(idea, tmp_path):
    import contract_ideas

    info = stage(tmp_path / "data", count=256)
    sources = {name: getattr(contract_ideas, text) for name, text in WIDE[idea].items()}
    _, out = train_and_predict(tmp_path, info, write_code(tmp_path / "code", TINY, **sources))
    assert accuracy(out, tmp_path / "data", 2) > 0.65


@pytest.mark.parametrize("loss", ["nan", "inf"])
def test_a_loop_of_its_own_that_reports_no_finite_loss_ends_at_that_step(loss, tmp_path):
    import contract_ideas

    report = "ctx.report(float(loss.detach()))"
    assert report in contract_ideas.TRAINING_FIT
    training = contract_ideas.TRAINING_FIT.replace(
        report, f"ctx.report(float('{loss}') if progress >= 0.5 else float(loss.detach()))"
    )
    info = stage(tmp_path / "data")
    job = train_job(tmp_path / "data", info, write_code(tmp_path / "code", TINY, training=training), tmp_path / "out", steps=10)
    exit_code, events, _ = run_process("train", job, tmp_path)
    assert exit_code == 1
    assert (events[-1]["stage"], events[-1]["kind"]) == ("train", "diverged")
    assert events[-1]["message"] == f"the loss became {loss} at step 6 of 10; a lower peak rate or clip_norm helps"


def test_a_promised_cuda_device_that_is_missing_ends_the_process(tmp_path):
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    info = stage(tmp_path / "data")
    job = train_job(tmp_path / "data", info, write_code(tmp_path / "code", TINY), tmp_path / "out")
    exit_code, events, _ = run_process("train", {**job, "machine": {**job["machine"], "device": "cuda:0"}}, tmp_path)
    assert exit_code == 1 and "promises cuda:0" in events[-1]["message"]
