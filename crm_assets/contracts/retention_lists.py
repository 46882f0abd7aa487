"""Contract of ``retention_lists``."""

from crm_assets.contracts.base import SnapshotTable, column, money

LISTS = ["early_churn", "potential_loyal", "reactivate"]


class RetentionLists(SnapshotTable, key=["month", "list", "customer_id"]):
    """Whom to write to: new customers about to leave, potential loyals to retain, dormant ones to win back."""

    list: str = column(
        "VARCHAR",
        "early_churn: new customers still within the horizon, probability from at_risk_probability on; "
        "potential_loyal: grade HHL, recent, frequent, of little spend, likelier to fall silent than the grade's mean; "
        "reactivate: in the window, but nothing bought for a horizon",
        isin=LISTS,
    )
    rank: int = column(
        "BIGINT", "within the list: by value at risk, of the dormant by what their return would bring", ge=1
    )
    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    rfm_grade: str = column("VARCHAR", "S1's grade of rfm_scores")
    recency_days: int = column("BIGINT", "as_of minus the last purchase date", ge=0, unit="days")
    probability: float = column("DOUBLE", "of no purchase in the horizon", ge=0, le=1)
    value: float = money("value at risk; of the dormant (1 - probability) × expected_spend")
