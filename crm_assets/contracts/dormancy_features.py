"""Contract of ``dormancy_features``."""

from crm_assets.contracts.base import SnapshotTable, column, money


class DormancyFeatures(SnapshotTable, key=["month", "customer_id"]):
    """What is known at the end of the month of every customer of the window, and may tell who falls silent next."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    rfm_grade: str = column("VARCHAR", "S1's grade of rfm_scores")
    recency_days: int = column("BIGINT", "as_of minus the last purchase date", ge=0, unit="days")
    frequency: int = column("BIGINT", "receipts in the window", ge=1, unit="receipts")
    visit_days: int = column("BIGINT", "purchase dates in the window", ge=1, unit="days")
    monetary: float = money("amount spent in the window")
    age_days: int = column("BIGINT", "as_of minus the first purchase date since history_start", ge=0, unit="days")
    lateness: float = column("DOUBLE", "churn_risk: recency ÷ usual interval", nullable=True, ge=0, unit="intervals")
    p_alive: float = column("DOUBLE", "of alive_probabilities", nullable=True, ge=0, le=1)
    horizon_days: int = column("BIGINT", "days that p_silent means, and the answer to come", ge=1, unit="days")
    p_silent: float = column("DOUBLE", "of alive_probabilities", nullable=True, ge=0, le=1)
    receipts_30: int = column("BIGINT", "receipts of the last 30 days", ge=0, unit="receipts")
    receipts_60: int = column("BIGINT", "receipts of the last 60 days", ge=0, unit="receipts")
    receipts_90: int = column("BIGINT", "receipts of the last 90 days", ge=0, unit="receipts")
    receipt_amount_mean: float = column("DOUBLE", "mean amount of a receipt in the window", unit="currency")
    receipt_lines_mean: float = column("DOUBLE", "mean lines of a receipt in the window", ge=1, unit="lines")
    unit_amount: float = column(
        "DOUBLE", "amount ÷ quantity over the window; null where nothing is counted", nullable=True, unit="currency"
    )
    last_receipt_amount: float = money("amount of the last receipt")
    last_receipt_lines: int = column("BIGINT", "lines of the last receipt", ge=1, unit="lines")
