"""Contract of ``index_definitions``."""

from crm_assets.contracts.base import Day, SnapshotTable, column


class IndexDefinitions(SnapshotTable, key=["month", "index_id", "population_group"]):
    """The indices as the month's were made, and what the population does; made with ``customer_indices``."""

    index_id: str = column("VARCHAR", "id of the index", str_length={"min_value": 1})
    population_group: str = column("VARCHAR", "all, or a group of the population; all too where nobody has a value")
    place: int = column("BIGINT", "position in the file of indices", ge=1)
    kind: str = column("VARCHAR", "a customer's share of events, or a model's answer", isin=["share", "model"])
    title_ko: str = column("VARCHAR", "its name in Korean")
    title_en: str = column("VARCHAR", "its name in English")
    reads: str = column("VARCHAR", "table of the events, or of the model's answers")
    attribute: str = column("VARCHAR", "what is told of an event, or the model's column")
    counted: str = column("VARCHAR", "the values that are counted, by comma; of a model's its scale")
    population: str = column(
        "VARCHAR", "all, or what the compared have in common", isin=["all", "gender", "age_band", "region", "segment"]
    )
    min_events: int = column("BIGINT", "events below which a customer has no index; null of a model's", nullable=True)
    first_month: Day = column("DATE", "first month whose events count; null of a model's", nullable=True)
    customers: int = column("BIGINT", "customers of the group with the index", ge=0, unit="customers")
    customers_few: int = column(
        "BIGINT", "customers of the index with fewer events than min_events, who have none", ge=0, unit="customers"
    )
    customers_ungrouped: int = column(
        "BIGINT",
        "customers of the index with enough events but of no known group, who have none",
        ge=0,
        unit="customers",
    )
    population_share: float = column(
        "DOUBLE", "mean of the customers' shares; null of a model's", nullable=True, ge=0, le=1, unit="share"
    )
    score_mean: float = column("DOUBLE", "mean score of a model's; null of the others", nullable=True, ge=0, le=100)
    evident_above: int = column(
        "BIGINT", "customers whose share is evidently above the population's", ge=0, unit="customers"
    )
    evident_below: int = column("BIGINT", "customers whose share is evidently below it", ge=0, unit="customers")
