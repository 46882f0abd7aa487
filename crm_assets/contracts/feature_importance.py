"""Contract of ``feature_importance``."""

from crm_assets.contracts.base import SnapshotTable, column


class FeatureImportance(SnapshotTable, key=["month", "method", "model_column"]):
    """How much each model column matters for the first receipts, by two methods; of months that trained a model."""

    method: str = column(
        "VARCHAR",
        "cart = decrease of Gini impurity in one decision tree, at most 8 splits deep, a missing value being -1; "
        "permutation = loss of macro-F1 when the column is shuffled among customers whom the model has not seen",
        isin=["cart", "permutation"],
    )
    model_column: str = column("VARCHAR", "model column of feature_table or first_purchase_features, or exposure_days")
    flags: str = column("VARCHAR", "P unbiased on 1-3 receipts, D proxy of the date; separated by blanks")
    importance: float = column(
        "DOUBLE", "decrease of impurity as a share of all (cart), loss of macro-F1 (permutation); 0 without a value"
    )
    spread: float = column("DOUBLE", "standard deviation over the shufflings; none for cart", nullable=True)
    rank: int = column("BIGINT", "place by importance within the method, from 1", ge=1)
    in_both: bool = column("BOOLEAN", "among the ten most important by both methods, above 0")
    fingerprint: str = column("VARCHAR", "hash of what the figures depend on; the same one is not measured again")
