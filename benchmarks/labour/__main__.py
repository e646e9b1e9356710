"""`python -m benchmarks.labour`: a worker of ours, with its configuration on stdin."""

import sys

from benchmarks.contenders import CATALOG, TIMING
from inventory.config import Config
from inventory.runtime.process import run_worker

if __name__ == "__main__":
    run_worker(Config.model_validate_json(sys.stdin.read()), CATALOG, timing=TIMING)
