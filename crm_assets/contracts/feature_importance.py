"""Contract of ``feature_importance``."""

from crm_assets.contracts.base import Day, Table, column


class FeatureImportance(Table):
    """How much each model column matters, by two methods; in months that train a model."""

    month: Day = column("DATE", "first day of the month that the snapshot closes")
    as_of: Day = column("DATE", "last day of the month; nothing later was read")
    method: str = column(
        "VARCHAR",
        "cart = decrease of Gini impurity in one decision tree; permutation = loss of macro-F1 when the column is "
        "shuffled among held-out customers",
        isin=["cart", "permutation"],
    )
    model_column: str = column("VARCHAR", "column of a feature set, or exposure_days")
    flags: str = column("VARCHAR", "P unbiased on 1-3 receipts, D proxy of the date; separated by blanks")
    importance: float = column(
        "DOUBLE", "decrease of impurity as a share of all (cart), loss of macro-F1 (permutation)"
    )
    spread: float = column("DOUBLE", "standard deviation over the shufflings; none for cart", nullable=True)
    rank: int = column("BIGINT", "place by importance within the method, from 1", ge=1)
    in_both: bool = column("BOOLEAN", "among the ten most important by either method")

    class Config(Table.Config):
        unique = ["month", "method", "model_column"]  # noqa: RUF012
        metadata = {"monthly": True}  # noqa: RUF012
