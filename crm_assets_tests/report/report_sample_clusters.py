"""How good the types of the sample month are: planted figures for the tests of the report. No warehouse, no draws."""

from __future__ import annotations

from datetime import date

import pandas as pd

from crm_assets.report import ReportData
from crm_assets_tests.report.report_sample import TYPES, sample_month

FITTED = date(2021, 10, 31)


def judged_month(**changes: object) -> ReportData:
    """The sample month with the figures that the types are judged by."""
    data = sample_month()
    given = {"metrics": pd.concat([data.metrics, metrics()], ignore_index=True), "tables": tables()}
    return sample_month(**{**given, **changes})


def metrics() -> pd.DataFrame:
    """Rows of model_metrics: the scan per cluster, quantiles of the silhouette, stability, outliers."""
    rows = []
    for k in range(2, 11):
        whole = sum(range(1, k + 1))
        for place in range(1, k + 1):
            rows.append(("k_scan", f"{k}/{place}", "size_share", (k + 1 - place) / whole, 26_317))
            rows.append(("k_scan", f"{k}/{place}", "silhouette", 0.5 - 0.02 * k - 0.03 * place, 26_317))
    for i, (segment, facts) in enumerate(TYPES.items()):
        for q in range(0, 101, 5):
            rows.append(("snapshot", segment, f"silhouette_p{q:02}", -0.1 + 0.007 * q - 0.02 * i, 4_000))
        rows.append(("snapshot", segment, "outliers", 10.0 + i, facts[2]))
        rows.append(("stability", segment, "jaccard", (0.97, 0.86, 0.74, 0.58)[i], 5_000))
    rows.append(("snapshot", "all", "outliers", 46.0, 26_317))
    for part, matched, rand in (("month_before", 0.913, 0.81), ("refit", 0.724, 0.69)):
        rows.append(("stability", part, "matched_share", matched, 25_001))
        rows.append(("stability", part, "adjusted_rand", rand, 25_001))
    return pd.DataFrame(rows, columns=["protocol", "slice", "metric", "value", "base"]).assign(model="clusters")


def tables() -> dict[str, pd.DataFrame]:
    """cluster_comparison of the month that fitted the model, and the customers farthest out."""
    found = [
        ("kmeans", "log", 4, "1287 / 911 / 500 / 302", 0.0, 0.378, "n_init=10"),
        ("minibatch_kmeans", "log", 4, "1300 / 900 / 500 / 300", 0.0, 0.371, "n_init=10, batch_size=1024"),
        ("gaussian_mixture", "log", 4, "1100 / 1000 / 700 / 200", 0.0, 0.301, "covariance=full, n_init=3"),
        ("ward", "log", 4, "1400 / 800 / 600 / 200", 0.0, 0.342, "linkage=ward"),
        ("k_medoids", "log", 4, "1200 / 950 / 550 / 300", 0.0, 0.369, "PAM, Euclidean"),
        ("dbscan", "log", None, "2850", 0.05, None, "min_samples=6 (2 x features), eps=0.412 (knee of the distances "
         "to that neighbour)"),
        ("hdbscan", "log", None, "1500 / 900", 0.2, 0.512, "min_cluster_size=60 (min_cluster_share of the sample)"),
        ("kmeans", "standard", 4, "2600 / 320 / 71 / 9", 0.0, 0.643, "n_init=10"),
    ]  # fmt: skip
    names = ["algorithm", "scaling", "k", "sizes", "noise_share", "silhouette", "parameters"]
    comparison = pd.DataFrame(found, columns=names).assign(customers=3_000, as_of=FITTED, seconds=1.2345)
    comparison["clusters"] = comparison["sizes"].str.count("/") + 1
    comparison["in_use"] = (comparison["algorithm"] == "kmeans") & (comparison["scaling"] == "log")
    features = ["monetary", "frequency", "recency_days"]
    outliers = pd.DataFrame(
        [
            {
                "customer_id": f"M{700_000_000 + i}",
                "segment_id": list(TYPES)[i % 4],
                "distance": 9.5 - 0.2 * i,
                "outlier_feature": features[i % 3],
                "recency_days": 3 * i,
                "frequency": 900 - i,
                "monetary": 312_000_000.0 - i,
            }
            for i in range(20)
        ]
    )
    return {"cluster_comparison": comparison, "cluster_outliers": outliers}
