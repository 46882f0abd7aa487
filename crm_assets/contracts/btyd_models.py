"""Contract of ``btyd_models``."""

from crm_assets.contracts.base import SnapshotTable, column


class BtydModels(SnapshotTable, key=["month"]):
    """The buy-till-you-die model of a month (MBG/NBD): its four parameters, or why there is none."""

    status: str = column("VARCHAR", "fitted, or none where too few customers came again", isin=["fitted", "none"])
    reason: str = column("VARCHAR", "on whom it was fitted, or why it was not")
    customers: int = column("BIGINT", "customers with a receipt up to as_of", ge=0, unit="customers")
    repeaters: int = column("BIGINT", "of whom with a second purchase date", ge=0, unit="customers")
    r: float = column("DOUBLE", "shape of the gamma of purchase rates", nullable=True, gt=0)
    alpha: float = column("DOUBLE", "rate of that gamma", nullable=True, gt=0, unit="days")
    a: float = column("DOUBLE", "first parameter of the beta of drop-out after a purchase", nullable=True, gt=0)
    b: float = column("DOUBLE", "second parameter of that beta", nullable=True, gt=0)
    log_likelihood: float = column("DOUBLE", "of all customers, at these parameters", nullable=True)
