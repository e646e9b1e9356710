"""`make migration m="aws: subnets"`: write the migration that the declarations ask for, and try it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from inventory.catalog import Catalog
from inventory.db import migrate
from inventory.embedded import services


def main(message: str) -> int:
    with tempfile.TemporaryDirectory(prefix="inventory-migration-") as home:
        # As root, the servers run as another account.
        Path(home).chmod(0o711)
        with services(home, redis=False, durable=False) as found:
            return write(found.dsn or "", message)


def write(dsn: str, message: str) -> int:
    migrate.upgrade(dsn)
    if not migrate.differences(dsn, Catalog.load()):
        print("The migrations already make what the declarations ask for.")
        return 0
    path = migrate.create(dsn, message)
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(path)], check=True)
    print(f"Wrote {path.relative_to(Path.cwd())}; read it before you commit it.")
    # A new process, since this one has read the folder of migrations already.
    again = [sys.executable, "-m", "scripts.migration", "--try", dsn]
    return subprocess.run(again, check=False).returncode


def attempt(dsn: str) -> int:
    migrate.upgrade(dsn)
    left = migrate.differences(dsn, Catalog.load())
    for difference in left:
        print(f"Still different after it: {difference}", file=sys.stderr)
    return 1 if left else 0


if __name__ == "__main__":
    first, *rest = sys.argv[1:]
    sys.exit(attempt(rest[0]) if first == "--try" else main(first))
