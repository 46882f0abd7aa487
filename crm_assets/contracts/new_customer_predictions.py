"""Contract of ``new_customer_predictions``."""

from crm_assets.contracts.base import Day, Table, column


class NewCustomerPredictions(Table):
    """The latent type of every new customer, with the probability of each type."""

    month: Day = column("DATE", "first day of the month that the snapshot closes")
    as_of: Day = column("DATE", "last day of the month; nothing later was read")
    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    receipts: int = column("BIGINT", "receipts since history_start", ge=1, unit="receipts")
    segment_id: str = column("VARCHAR", "most probable type")
    segment_name: str = column("VARCHAR", "its persona name")
    probability: float = column("DOUBLE", "probability of that type", ge=0, le=1)
    probabilities: str = column("VARCHAR", "probability of every type, JSON")
    trained_as_of: Day = column("DATE", "as_of of the model")

    class Config(Table.Config):
        unique = ["month", "customer_id"]  # noqa: RUF012
        metadata = {"monthly": True}  # noqa: RUF012
