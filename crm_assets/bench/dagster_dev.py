"""``dagster dev`` on a shop, as ``make ui`` starts it, and its answers."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from crm_assets.bench.shop import Shop
from crm_assets.settings import PROJECT_DIR

LOG = "dagster-dev.log"


def started(shop: Shop) -> tuple[subprocess.Popen[bytes], int]:
    """The process, which writes its log into the shop, and the port that it will listen at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).parent / "dagster"), "dev", "--host", "127.0.0.1", "--port", str(port)]
    with (shop.root / LOG).open("wb") as log:
        process = subprocess.Popen(
            command, env=shop.environment, cwd=PROJECT_DIR, stdout=log, stderr=log, start_new_session=True
        )
    return process, port


def ask(port: int, query: str, **variables: Any) -> dict[str, Any]:
    """A question to its GraphQL.

    Raises:
        OSError: nobody answers.
        RuntimeError: it refused the question.
    """
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        json.dumps({"query": query, "variables": variables}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        told = json.load(answer)
    if told.get("errors"):
        raise RuntimeError(f"the UI refused a question: {told['errors']}")
    return told["data"]
