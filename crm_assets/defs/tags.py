"""The tags by which jobs, conditions and refreshes know what a table is; ``table_asset`` sets them."""

from __future__ import annotations

MONTHLY = ("crm/partitions", "months")  # made month by month: what the job `month` makes
DIMENSION = ("crm/part", "dimension")  # carries no time, made when an intake touches it: the job `dimensions`
BUILDS_ON_MONTH_BEFORE = ("crm/builds-on", "month-before")  # by way of its registry: `partitions` tells why
