"""Contract of ``new_customer_predictions``."""

from crm_assets.contracts.base import Day, SnapshotTable, column


class NewCustomerPredictions(SnapshotTable, key=["month", "customer_id"]):
    """The latent type of every new customer, with the probability of each type."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    receipts: int = column("BIGINT", "receipts since history_start", ge=1, unit="receipts")
    segment_id: str = column("VARCHAR", "most probable type")
    segment_name: str = column("VARCHAR", "its persona name")
    probability: float = column("DOUBLE", "probability of that type", ge=0, le=1)
    min_probability: float = column("DOUBLE", "probability below which this month abstained", ge=0, le=1, unit="share")
    abstained: bool = column("BOOLEAN", "the probability lies below min_probability: the type is not to be acted on")
    probabilities: str = column("VARCHAR", "probability of every type, JSON")
    margin: float = column("DOUBLE", "raw score of that type less the mean over the types")
    reasons: str = column(
        "VARCHAR",
        "JSON: base, top (column, value, contribution; by weight) and rest, which sum to the margin",
    )
    horizon_days: int = column(
        "BIGINT",
        "days after the last known receipt at which the type is asked: those of the settings, or the most that the "
        "model has learned of",
        ge=1,
        unit="days",
    )
    interest: str = column(
        "VARCHAR",
        "category that it is expected to be interested in; null without categories or evidence",
        nullable=True,
    )
    interest_source: str = column(
        "VARCHAR",
        "own = it spent most on this category so far; type = customers of its type do so more than others, with "
        "evidence",
        nullable=True,
        isin=["own", "type"],
    )
    loyalty: str = column(
        "VARCHAR",
        "visits of its type against the others: high or low with evidence, else mid; null when the model abstains or "
        "the types were not compared",
        nullable=True,
        isin=["low", "mid", "high"],
    )
    purchasing_power: str = column(
        "VARCHAR",
        "spend of its type against the others: high or low with evidence, else mid; null when the model abstains or "
        "the types were not compared",
        nullable=True,
        isin=["low", "mid", "high"],
    )
    trained_as_of: Day = column("DATE", "as_of of the model")
