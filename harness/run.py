"""Entry of every harness process: `python -s -P run.py MODE JOB [wait]`. MODE is one of MODES.

With `wait` (modes train and predict) the process imports what it will need, says `process.warm`, and reads JOB when a line comes on stdin.
"""

import faulthandler
import importlib
import sys
import traceback
from pathlib import Path

MODES = ("prepare", "machine", "train", "predict", "score", "classify")


def main(arguments: list[str]) -> int:
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from improve_harness import protocol

    mode, job, waits = parse(arguments)
    if mode not in MODES:
        print(f"usage: run.py {{{'|'.join(MODES)}}} JOB [wait]", file=sys.stderr)
        return 2
    protocol.open_events()
    faulthandler.enable()  # a crash inside a library then says in the log which line led to it
    try:
        module = importlib.import_module(f"improve_harness.{mode}")
        if waits:
            module.warm_up()
            protocol.wait_for_job()
        module.run(protocol.load_job(job))
        return 0
    except protocol.Failure as failure:
        traceback.print_exc()
        protocol.emit_failure(failure)
        return 1


def parse(arguments: list[str]) -> tuple[str, str, bool]:
    """(mode, path of the job, whether to wait); mode is empty when the arguments make no sense."""
    if len(arguments) == 2:
        return arguments[0], arguments[1], False
    if len(arguments) == 3 and arguments[2] == "wait" and arguments[0] in ("train", "predict"):
        return arguments[0], arguments[1], True
    return "", "", False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
