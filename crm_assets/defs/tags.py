"""The tags by which jobs, conditions and refreshes know what a table is; ``table_asset`` sets them."""

from __future__ import annotations

MONTHLY = ("crm/partitions", "months")  # made month by month: what the job `month` makes
DIMENSION = ("crm/part", "dimension")  # carries no time, made when an intake touches it: the job `dimensions`
BUILDS_ON_MONTH_BEFORE = ("crm/builds-on", "month-before")  # by way of its registry: `partitions` tells why

# Within a month, what the predictions for new customers are made from goes first: those who wait for a month wait for
# them. A test holds these names against the graph.
BEFORE_PREDICTIONS = frozenset(
    {
        "raw_transactions",
        "receipts",
        "customer_lifecycles",
        "product_days",
        "rfm_scores",
        "cluster_assignments",
        "feature_table",
        "first_purchase_features",
        "segment_claims",
        "lightgbm_model",
        "new_customer_predictions",
    }
)
FIRST_IN_RUN = {"dagster/priority": "1"}  # of a step: Dagster takes those that are ready by it, 0 by default
