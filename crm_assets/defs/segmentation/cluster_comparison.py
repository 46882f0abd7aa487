"""``cluster_comparison``: the types beside what other algorithms and the other scaling find."""

import pandas as pd

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.measured_once import last_measured, measured_once, nothing_measured
from crm_assets.defs.table import table_asset
from crm_assets.segmentation.comparison import SAMPLE, compare, fingerprint
from crm_assets.segmentation.k_choice import sample

_CUSTOMERS = """select s.customer_id, s.recency_days, s.frequency, s.monetary
    from (
        select customer_id, row_number() over (order by customer_id) - 1 as place
        from cluster_assignments where month = :month
    ) c
    join rfm_scores s on s.customer_id = c.customer_id and s.month = :month
    where c.place in ({places}) order by s.customer_id"""


@table_asset(kinds={"duckdb", "scikitlearn"}, deps=["cluster_assignments", "rfm_scores"])
def cluster_comparison(month: Month):
    """K-means, MiniBatch K-means, Gaussian mixture, hierarchical (Ward), K-medoids (PAM), DBSCAN and HDBSCAN on the
    same scaled, seeded sample, and K-means under the other scaling. A month that reuses a model has no rows; a month
    made again from the same input keeps its rows, seconds included."""
    yield from month.publish(staged(month), show)


def staged(month: Month) -> str:
    """The month's rows: none without a fit."""
    fitted = month.rows("select k, scaling from cluster_models where month = :month and fitted_as_of = as_of")
    if not fitted:
        return nothing_measured(month)
    ((k, scaling),) = fitted
    given = (_drawn(month), scaling, k, month.settings.min_cluster_share, month.settings.seed)
    return measured_once(month, fingerprint(*given), lambda: compare(*given))


def _drawn(month: Month) -> pd.DataFrame:
    """The sampled customers only: to read a million for three thousand takes longer than to compare them."""
    size = month.scalar("select count(*) from cluster_assignments where month = :month")
    places = ", ".join(str(place) for place in sample(size, SAMPLE, month.settings.seed))
    return month.frame(_CUSTOMERS.format(places=places))


def show(month: Month) -> Shown:
    if nothing := last_measured(month, "this month fitted no model"):
        return nothing
    return {
        "compared": month.as_table(
            """select algorithm, scaling, in_use, k, clusters, round(silhouette, 3) as silhouette,
                replace(sizes, ' ', '') as sizes, round(100 * noise_share, 1) as noise_pct, round(seconds, 3) as seconds
            from cluster_comparison where month = :month order by in_use desc, algorithm, scaling""",
        ),
    }
