"""Contract of ``dormancy_predictions``."""

from crm_assets.contracts.base import SnapshotTable, column, money


class DormancyPredictions(SnapshotTable, key=["month", "customer_id"]):
    """Who of the customers of the window will buy nothing in the horizon, how likely, and what is at stake."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    rfm_grade: str = column("VARCHAR", "S1's grade of rfm_scores")
    frequency: int = column("BIGINT", "receipts in the window", ge=1, unit="receipts")
    probability: float = column("DOUBLE", "of no purchase in the dormancy_horizon_days after as_of", ge=0, le=1)
    source: str = column(
        "VARCHAR",
        "whose probability it is: of the model, or of the rule that does better for the grade",
        isin=["model", "frequency", "recency", "interval", "p_alive", "p_silent"],
    )
    p_alive: float = column("DOUBLE", "of alive_probabilities", nullable=True, ge=0, le=1)
    expected_spend: float = money(
        "what the customer would spend in a horizon at the pace of the window: monetary ÷ days since the first "
        "purchase in the window's reach (a horizon at least) × horizon"
    )
    value_at_risk: float = money("probability × expected_spend")
    reason: str = column(
        "VARCHAR", "the column that adds most to the model's log-odds, if one adds; null of a rule", nullable=True
    )
