"""Entry of the measuring programs: `python measure.py NAME JOB`. NAME is draw_images, loading, dtype_layout or data_share.

The job names the folder of the harness (`harness`), so that its package is found. The result is one JSON object, the only text on stdout.
"""

import importlib
import json
import sys
from pathlib import Path


def main(name: str, job_path: str) -> None:
    job = json.loads(Path(job_path).read_text(encoding="utf-8"))
    sys.path[:0] = [str(Path(__file__).resolve().parent), job["harness"]]
    print(json.dumps(importlib.import_module(name).measure(job)))


if __name__ == "__main__":
    main(*sys.argv[1:])
