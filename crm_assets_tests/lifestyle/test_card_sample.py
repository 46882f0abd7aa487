"""What the card sample plants is found again, as far as it can be: customers' spending overlaps by design."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist
from sklearn.metrics import adjusted_rand_score

from crm_assets.demo import cards, write_cards
from crm_assets.lifestyle import fitting
from crm_assets.lifestyle.lifestyle_model import assign
from crm_assets.lifestyle.signatures import lifestyle_categories
from crm_assets.lifestyle.spend import pattern, share_matrix
from crm_assets.settings import PROJECT_DIR, Settings
from crm_assets_tests.lifestyle.planted_lifestyles import CARD

Sample = tuple[pd.DataFrame, pd.Series]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Spend of April to June by category, and who was planted with which lifestyle."""
    root = tmp_path_factory.mktemp("cards")
    write_cards(root / "landing", root / "truth", PROJECT_DIR / "data" / "reference" / "demo", customers=2_000)
    rows = _read(root / "landing" / cards.TRANSACTIONS, "cp949").drop_duplicates()
    kinds = _read(root / "landing" / cards.MERCHANT_TYPES, "cp949").set_index("mct_tp")["category"]
    rows = rows[(rows["amt"] > 0) & rows["tx_dt"].astype(str).str[:6].between("202104", "202106")]
    spend = rows.assign(category=rows["mct_tp"].map(kinds)).groupby(["cust", "category"], as_index=False)["amt"].sum()
    spend = spend.rename(columns={"cust": "customer_id", "amt": "amount"})
    spend["share"] = spend["amount"] / spend.groupby("customer_id")["amount"].transform("sum")
    truth = _read(root / "truth" / "customers.csv", "utf-8").set_index("cust")["lifestyle"]
    return spend, truth.reindex(sorted(spend["customer_id"].unique()))


def _read(path: Path, encoding: str) -> pd.DataFrame:
    return pd.read_csv(path, encoding=encoding, dtype={"tx_no": str})


def test_planted_lifestyles_are_found_nearly_as_well_as_from_their_own_centres(sample: Sample):
    spend, truth = sample
    model = fitting.fit(spend, 14, "2021-06-30", Settings(), CARD)
    found = assign(model, spend).set_index("customer_id")["lifestyle_id"]
    roots = pattern(share_matrix(spend, truth.index, model.categories), model.weights)
    centres = pd.DataFrame(roots, index=truth.index).groupby(truth).mean()
    ceiling = adjusted_rand_score(truth, centres.index[cdist(roots, centres).argmin(axis=1)])
    index, named = adjusted_rand_score(truth, found), float((found == truth).mean())
    print(
        f"{len(truth)} customers, K={model.k}: adjusted Rand with what was planted {index:.3f} (from the planted "
        f"groups' own centres {ceiling:.3f}), same persona {named:.3f}; 20 seeds {np.mean(model.adjusted_rand):.3f}"
    )
    signatures = lifestyle_categories(spend, found)
    told = signatures[signatures["is_signature"]].groupby("lifestyle_id")["category"].agg(list)
    print(told.to_dict())
    assert index >= 0.6 and index >= 0.85 * ceiling and named >= 0.7 and np.mean(model.adjusted_rand) >= 0.85
    assert {i for i in model.lifestyle_ids if i in CARD.by_id} >= {
        "four_wheels", "thumb_shopper", "kangaroo", "guest_king", "gourmet_life", "hipster", "life_master",
        "cherry_picker",
    }  # fmt: skip
    assert told["four_wheels"][0] == "주유" and told["thumb_shopper"][0] == "온라인쇼핑"
