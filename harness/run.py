"""Entry of every harness process: `python -s -P run.py MODE JOB`. MODE is prepare, machine, train, predict, score or classify."""

import faulthandler
import importlib
import sys
import traceback
from pathlib import Path

MODES = ("prepare", "machine", "train", "predict", "score", "classify")


def main(arguments: list[str]) -> int:
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from improve_harness import protocol

    if len(arguments) != 2 or arguments[0] not in MODES:
        print(f"usage: run.py {{{'|'.join(MODES)}}} JOB", file=sys.stderr)
        return 2
    protocol.open_events()
    faulthandler.enable()  # a crash inside a library then says in the log which line led to it
    try:
        importlib.import_module(f"improve_harness.{arguments[0]}").run(protocol.load_job(arguments[1]))
        return 0
    except protocol.Failure as failure:
        traceback.print_exc()
        protocol.emit_failure(failure)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
