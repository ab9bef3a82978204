"""A process that is started before its job is known: it imports first, and then does what one that was started with its job does."""

import json
import os
import subprocess
import sys

import pytest
from staged import HARNESS, run_process, stage, train_job, write_code

TINY = HARNESS / "tests/pipelines/tiny"


def start_waiting(mode, path):
    """(process, stream of its events); the job need not exist yet."""
    read, write = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-I", str(HARNESS / "run.py"), mode, str(path), "wait"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin"},
        close_fds=False,
        preexec_fn=lambda: os.dup2(write, 3),
    )
    os.close(write)
    return process, os.fdopen(read, encoding="utf-8")


def test_a_training_that_waited_gives_the_weights_of_one_that_did_not(tmp_path):
    info = stage(tmp_path / "data")
    code = write_code(tmp_path / "code", TINY)
    assert run_process("train", train_job(tmp_path / "data", info, code, tmp_path / "a", steps=6), tmp_path)[0] == 0
    path = tmp_path / "later.json"
    process, events = start_waiting("train", path)
    with events:
        assert json.loads(events.readline())["type"] == "process.warm"
        path.write_text(json.dumps(train_job(tmp_path / "data", info, code, tmp_path / "b", steps=6)), encoding="utf-8")
        process.communicate(b"\n", timeout=60)
        types = [json.loads(line)["type"] for line in events]
    assert process.returncode == 0 and types[:2] == ["check.passed", "process.ready"]
    assert (tmp_path / "a/weights.safetensors").read_bytes() == (tmp_path / "b/weights.safetensors").read_bytes()


@pytest.mark.parametrize("mode", ["train", "predict"])
def test_a_process_that_waits_ends_with_its_host(mode, tmp_path):
    process, events = start_waiting(mode, tmp_path / "never.json")
    with events:
        assert json.loads(events.readline())["type"] == "process.warm"
        process.communicate(b"", timeout=20)
    assert process.returncode == 1


def test_only_trainings_and_predictions_can_wait(tmp_path):
    process, events = start_waiting("score", tmp_path / "never.json")
    with events:
        process.communicate(timeout=20)
        assert process.returncode == 2 and events.read() == ""
