"""The jobs: what is made in one run. When it is made is said by ``sensors`` and ``automation_conditions``."""

from __future__ import annotations

import dagster as dg

from crm_assets.defs.pending import LANDED_FILES, PUBLISHED
from crm_assets.defs.tags import DIMENSION, MONTHLY

intake_job = dg.define_asset_job(
    "intake", dg.AssetSelection.assets(LANDED_FILES), description="Reads the new files of the landing folder."
)
dimensions_job = dg.define_asset_job(
    "dimensions",
    dg.AssetSelection.tag(*DIMENSION),
    description="Customers, products, branches, signals, responses and the calendar, as delivered last.",
)
month_job = dg.define_asset_job(
    "month",
    dg.AssetSelection.tag(*MONTHLY),
    description="A month from its lines to its report: the job to backfill.",
)
publish_job = dg.define_asset_job(
    "publish", dg.AssetSelection.assets(PUBLISHED), description="Copies the warehouse for those who only read."
)
