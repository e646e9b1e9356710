"""`python -m tests.runtime.process`: a worker as a process, with its configuration on stdin."""

import sys

from inventory.config import Config
from inventory.runtime.process import run_worker
from tests.runtime.conftest import CATALOG, FAST

if __name__ == "__main__":
    run_worker(Config.model_validate_json(sys.stdin.read()), CATALOG, timing=FAST)
