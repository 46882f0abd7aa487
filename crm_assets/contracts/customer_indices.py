"""Contract of ``customer_indices``."""

from crm_assets.contracts.base import SnapshotTable, column


class CustomerIndices(SnapshotTable, key=["month", "index_id", "customer_id"]):
    """What a customer does more, or less, than others, and models' answers on 0–100; a row per customer and index."""

    index_id: str = column("VARCHAR", "index of index_definitions", str_length={"min_value": 1})
    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    population_group: str = column("VARCHAR", "whom the customer is compared with: all, or those of the same group")
    events: int = column(
        "BIGINT",
        "receipts, or lines of them, whose value is known, min_events at least; null of a model's",
        nullable=True,
        ge=1,
        unit="events",
    )
    receipts: int = column(
        "BIGINT", "receipts that they are on; null of a model's", nullable=True, ge=1, unit="receipts"
    )
    share: float = column(
        "DOUBLE", "events of the index's values ÷ events; null of a model's", nullable=True, ge=0, le=1, unit="share"
    )
    population_share: float = column(
        "DOUBLE", "mean of the customers' shares; null of a model's", nullable=True, ge=0, le=1, unit="share"
    )
    index_pp: float = column(
        "DOUBLE", "(share − population_share) × 100; null of a model's", nullable=True, ge=-100, le=100, unit="%p"
    )
    score: float = column(
        "DOUBLE", "of a model's index: its answer on 0–100; null of the others", nullable=True, ge=0, le=100
    )
    percentile: float = column(
        "DOUBLE", "customers of the group below, and half of those who are equal", ge=0, le=100, unit="%"
    )
    p_value: float = column(
        "DOUBLE",
        "that the share is the population's: exact binomial, corrected over the index's customers; null of a model's "
        "and of a population of one",
        nullable=True,
        ge=0,
        le=1,
    )
    evident: bool = column("BOOLEAN", "p_value is below 0.05; null where there is none", nullable=True)
    label_id: str = column(
        "VARCHAR",
        "label of index_labels, if the threshold is met and, of a share, the difference evident",
        nullable=True,
    )
    label: str = column("VARCHAR", "its name in the language of the settings", nullable=True)
