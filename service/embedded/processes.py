"""Finds the live PostgreSQL processes of a cluster."""

import subprocess
import sys
from pathlib import Path


def postgres_processes(cluster: Path, named: int | None) -> list[int]:
    """Returns the ids of the cluster's live PostgreSQL processes; `named` is the id in its pid file.

    Linux shows all of them, because each has the cluster's folder as working directory. Other systems check `named`
    only.
    """
    if sys.platform == "linux":
        return [
            int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal() and _at_work(entry, cluster)
        ]
    return [named] if named is not None and _is_postgres(named) else []


def _at_work(process: Path, cluster: Path) -> bool:
    try:
        name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
        return name == "postgres" and (process / "cwd").readlink() == cluster
    except OSError:  # gone, a zombie, or a process of another user
        return False


def _is_postgres(pid: int) -> bool:
    asked = subprocess.run(["ps", "-o", "stat=,comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, command = asked.stdout.strip().partition(" ")
    return not state.startswith("Z") and Path(command.strip()).name == "postgres"
