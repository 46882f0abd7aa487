"""Contract of ``lifestyle_models``."""

from crm_assets.contracts.base import Day, SnapshotTable, column


class LifestyleModels(SnapshotTable, key=["month"]):
    """Registry of lifestyle models: which one a month used and why."""

    fitted_as_of: Day = column("DATE", "as_of of the model in use, never later than as_of")
    k: int = column("BIGINT", "number of lifestyles", ge=2)
    reason: str = column("VARCHAR", "why this model: first, reused, refit and why; why this K")
    customers: int = column("BIGINT", "active customers who were given a lifestyle", ge=1, unit="customers")
    path: str = column("VARCHAR", "file of the model, relative to the data folder")
    sha256: str = column("VARCHAR", "hash of that file")
