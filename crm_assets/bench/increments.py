"""From a landed file to features: of all months, of the last one, of its last day. What lands is said by ``parts``."""

from __future__ import annotations

from crm_assets.bench.bodies import Bodies
from crm_assets.bench.stages import OF_A_MONTH, RAW, RECEIPTS

CALENDAR = "calendar"  # made with every intake, as a refresh does
FULL, MONTH, DAY = "full", "month", "day"


def from_landed_to_features(bodies: Bodies, months: int | None) -> None:
    """Take in what has landed, make the lines and receipts of the months that it touched, and the RFM and features of
    the last month of them.

    Args:
        months: the last ones that it touched; none = all, and every dimension.
    """
    touched = bodies.project.months[-months:] if months else bodies.project.months
    features_of(bodies, touched, everything=months is None)


def up_to_month_before(bodies: Bodies) -> None:
    """The shop as it stood when the last month had not landed yet."""
    features_of(bodies, bodies.project.months[:-1], everything=True)


def features_of(bodies: Bodies, months: tuple[str, ...], *, everything: bool) -> None:
    bodies.take_in()
    if everything:
        bodies.make_dimensions()
    else:
        bodies.make(CALENDAR)
    for month in months:
        bodies.make(RAW, [month])
        bodies.make(RECEIPTS, [month])
    for name in (*OF_A_MONTH["rfm"], *OF_A_MONTH["features"]):
        bodies.make(name, months[-1:])
