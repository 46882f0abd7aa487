"""Contract of ``prediction_outcomes``."""

from crm_assets.contracts.base import Day, SnapshotTable, column


class PredictionOutcomes(SnapshotTable, key=["month", "customer_id", "outcome", "predicted_month"]):
    """What became of predictions: the type named in an earlier month, and the one that came true this month."""

    month: Day = column("DATE", "first day of the month in which the true type is known")
    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    outcome: str = column(
        "VARCHAR",
        "first = the month is the first in which the customer, existing by now, has a type of its own; horizon = the "
        "month holds the day horizon_days after the prediction's as_of, and the customer is existing and has a type",
        isin=["first", "horizon"],
    )
    predicted_month: Day = column("DATE", "first day of the month of the prediction, earlier than month")
    receipts: int = column("BIGINT", "receipts when it was predicted", ge=1, unit="receipts")
    predicted_id: str = column("VARCHAR", "type that was named")
    probability: float = column("DOUBLE", "probability that was stated for it", ge=0, le=1)
    abstained: bool = column("BOOLEAN", "the model abstained")
    trained_as_of: Day = column("DATE", "as_of of the model, not later than the prediction's")
    segment_id: str = column("VARCHAR", "type that the customer has this month")
