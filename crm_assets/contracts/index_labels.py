"""Contract of ``index_labels``."""

from crm_assets.contracts.base import SnapshotTable, column


class IndexLabels(SnapshotTable, key=["month", "index_id", "label_id"]):
    """What customers are called by an index, from which threshold on, and how many are; made with
    ``customer_indices``."""

    index_id: str = column("VARCHAR", "index of index_definitions")
    label_id: str = column("VARCHAR", "id of the label", str_length={"min_value": 1})
    label_ko: str = column("VARCHAR", "its name in Korean")
    label_en: str = column("VARCHAR", "its name in English")
    at_least: float = column("DOUBLE", "index_pp, or score, from which it is given", nullable=True)
    at_most: float = column("DOUBLE", "index_pp, or score, up to which it is given", nullable=True)
    customers: int = column("BIGINT", "customers who carry it", ge=0, unit="customers")
    customers_unproven: int = column(
        "BIGINT",
        "customers beyond the threshold whose difference is not evident, so that they do not carry it",
        ge=0,
        unit="customers",
    )
