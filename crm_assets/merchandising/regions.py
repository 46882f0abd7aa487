"""S2's hybrid of place and recommender: what a region is recommended, and what is its own."""

from __future__ import annotations

import pandas as pd

from crm_assets.statistics.evidence import COHENS_H, FDR, SIZES, benjamini_hochberg, counts_compared

SHOWN = 10  # articles of a region that are kept
SMALL = SIZES[COHENS_H][0]


def ranked(counts: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``region_recommendations`` but for month and as_of: of each region the articles recommended to most.

    Args:
        counts: of ``sql/region_recommendations.sql``; every pair of it is tested, so the correction is over all.
    """
    told = counts.assign(share=counts["recommended"] / counts["customers"])
    tested = counts_compared(
        counts["recommended"], counts["customers"], counts["other_recommended"], counts["other_customers"]
    )
    told = told.assign(
        other_share=tested["value_others"], effect=tested["effect"], p_value=benjamini_hochberg(tested["p"])
    )
    told["is_own"] = (told["p_value"] < FDR) & (told["effect"] >= SMALL)
    told = told.sort_values(["region", "recommended", "product_id"], ascending=[True, False, True])
    told["rank"] = told.groupby("region").cumcount() + 1
    return told[told["rank"] <= SHOWN]
