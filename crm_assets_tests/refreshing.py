"""What ``crm refresh`` would make, asked without making it."""

from __future__ import annotations

import json
import subprocess
import sys

from crm_assets.settings import PROJECT_DIR
from crm_assets_tests.conftest import Shop

QUESTION = """
import json, dagster as dg
from crm_assets.definitions import defs
from crm_assets.defs.pending import reads_of, stale_tables
print(json.dumps(list(stale_tables(dg.DagsterInstance.get(), reads_of(defs().resolve_asset_graph())))))
"""


def stale_months(shop: Shop) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", QUESTION],
        env=shop.environment,
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)
