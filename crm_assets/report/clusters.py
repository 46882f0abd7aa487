"""How good the types are: stability, silhouettes of every cluster, other algorithms beside them, who lies far out.

The section ``quality``; each panel is there when its figures are.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.report.blocks import Panel, Pen, Section, Table
from crm_assets.report.data import ReportData
from crm_assets.report.types import day

QUANTILE = re.compile(r"silhouette_p(\d+)")
AGREEMENTS = ("month_before", "refit")


def quality(data: ReportData, pen: Pen) -> Section | None:
    """How the types were made, and how far to trust them; None where a month has none, which ``types`` says."""
    if not data.has_types:
        return None
    model = data.cluster_model.iloc[0]
    made = (
        _silhouettes,
        _k_scans,
        _clusters_by_k,
        _silhouette_profile,
        _stability,
        _comparison,
        _outlier_counts,
        _farthest,
    )
    panels = [panel for make in made for panel in _listed(make(data, pen))]
    return Section("quality", pen.text("clusters.title"), lead=_lead(data, pen, model), panels=panels)


def _listed(made: Panel | list[Panel] | None) -> list[Panel]:
    return made if isinstance(made, list) else [made] if made else []


def _lead(data: ReportData, pen: Pen, model: pd.Series) -> list[Pair]:
    """What was done and why; agreement with the month before and with the model before a refit; what there is nothing
    to show of, and why."""
    said: list[Pair | None] = [
        pen.text("clusters.lead", fitted=day(model["fitted_as_of"])),
        pen.text(f"types.scaling_{model['scaling']}"),
        pen.text("types.reason", reason=pen.texts.translated(str(model["reason"]))),
    ]
    if pd.notna(model["drift_psi"]):
        said.append(pen.text("types.drift", psi=f"{float(model['drift_psi']):.3f}"))
    if data.measured("k_scan").empty:
        said.append(pen.text("types.no_scan", fitted=day(model["fitted_as_of"])))
    said += [_agreement(data, pen, part) for part in AGREEMENTS]
    if data.table("cluster_comparison").empty:
        said.append(pen.text("clusters.no_comparison"))
    if data.table("cluster_outliers").empty:
        said.append(pen.text("clusters.no_outliers"))
    return [s for s in said if s]


def _agreement(data: ReportData, pen: Pen, part: str) -> Pair | None:
    rows = data.measured("stability")
    rows = rows[rows["slice"] == part].set_index("metric")
    if rows.empty:
        return None
    return pen.text(
        f"clusters.{part}",
        customers=pen.figure("customers", int(rows.at["matched_share", "base"])),
        matched=pen.figure("share", float(rows.at["matched_share", "value"])),
        rand=f"{float(rows.at['adjusted_rand', 'value']):.2f}",
    )


def _clusters_by_k(data: ReportData, pen: Pen) -> Panel | None:
    scan = data.measured("k_scan")
    single = scan[scan["slice"].str.contains("/", regex=False)]
    if single.empty:
        return None
    grid = single.pivot(index="slice", columns="metric", values="value")
    parts = grid.index.str.split("/")
    means = scan[scan["metric"] == "silhouette"].set_index("slice")["value"]
    frame = pd.DataFrame(
        {
            "k": [int(k) for k, _ in parts],
            "place": [int(place) for _, place in parts],
            "value": grid["silhouette"].to_numpy(dtype=float),
            "share": grid["size_share"].to_numpy(dtype=float),
            "mean": [float(means[k]) for k, _ in parts],
        }
    ).sort_values(["k", "place"])
    chosen = int(data.cluster_model.iloc[0]["k"])
    units = {"share": "share", "value": "score", "mean": "score"}
    body = [
        [str(r.k), str(r.place), *(pen.figure(unit, float(getattr(r, name))) for name, unit in units.items())]
        for r in frame.itertuples(index=False)
    ]
    header = [
        pen.text("words.k"),
        pen.text("clusters.place"),
        pen.text("words.customer_share"),
        pen.text("words.silhouette"),
        pen.text("words.silhouette_mean"),
    ]
    return Panel(
        "types-k-clusters",
        pen.text("clusters.by_k"),
        pen.text("clusters.by_k_caption"),
        pen.table("model_metrics", header, body, 2, ["metrics"]),
        pen.draw(lambda w: charts.clusters_by_k(frame, w, chosen)),
        wide=True,
    )


def _silhouette_profile(data: ReportData, pen: Pen) -> Panel | None:
    rows = data.measured("snapshot")
    rows = rows[rows["metric"].str.fullmatch(QUANTILE) & (rows["slice"] != "all")]
    if rows.empty:
        return None
    frame = pd.DataFrame(
        {
            "segment_id": rows["slice"],
            "quantile": rows["metric"].str.extract(QUANTILE)[0].astype(int) / 100,
            "value": rows["value"].astype(float),
        }
    )
    sizes = data.measured("snapshot", "customers").set_index("slice")["value"].drop("all", errors="ignore")
    shares = {str(s): float(n) / float(sizes.sum()) for s, n in sizes.items()}
    mean = data.cluster_model.iloc[0]["silhouette"]
    ids = charts.ordered(frame, pen.words["ko"])
    grid = frame.pivot(index="quantile", columns="segment_id", values="value")
    body = [[f"{q:.0%}", *(pen.figure("score", float(grid.at[q, s])) for s in ids)] for q in grid.index]
    return Panel(
        "types-silhouette-profile",
        pen.text("clusters.profile"),
        pen.text("clusters.profile_caption"),
        pen.table(
            "model_metrics", [pen.text("clusters.quantile"), *(pen.segment(s) for s in ids)], body, frames=["metrics"]
        ),
        pen.draw(lambda w: charts.silhouette_profile(frame, w, shares, None if pd.isna(mean) else float(mean))),
        wide=True,
    )


def _stability(data: ReportData, pen: Pen) -> Panel | None:
    rows = data.measured("stability", "jaccard").rename(columns={"slice": "segment_id"})
    if rows.empty:
        return None
    by_type = rows.set_index("segment_id")["value"].astype(float)
    body = [
        [pen.segment(s), pen.figure("score", float(by_type[s])), pen.figure("customers", int(rows["base"].iloc[0]))]
        for s in charts.ordered(rows, pen.words["ko"])
    ]
    header = [pen.text("words.type"), pen.text("clusters.jaccard"), pen.text("clusters.sample")]
    return Panel(
        "types-stability",
        pen.text("clusters.stability"),
        pen.text("clusters.stability_caption"),
        pen.table("model_metrics", header, body, frames=["metrics"]),
        pen.draw(lambda w: charts.segment_bars(rows[["segment_id", "value"]], w, "score")),
    )


def _comparison(data: ReportData, pen: Pen) -> Panel | None:
    table = data.table("cluster_comparison")
    if table.empty:
        return None
    order = pen.texts.order("algorithm")
    table = table.assign(place=table["algorithm"].map({a: i for i, a in enumerate(order)}))
    used = table.loc[table["in_use"], "scaling"].iloc[0]
    table = table.assign(other=table["scaling"] != used).sort_values(["other", "place"])
    ids = [f"{a} {s}" for a, s in zip(table["algorithm"], table["scaling"], strict=True)]
    names = [
        pen.text("clusters.named", algorithm=pen.label("algorithm", a), scaling=pen.label("scaling", s))
        for a, s in zip(table["algorithm"], table["scaling"], strict=True)
    ]
    strips = _strips(ids, table)

    def chart(w):
        labels = {i: getattr(n, w.lang) for i, n in zip(ids, names, strict=True)}
        return charts.size_strips(strips, w, labels, {i: w.figure("score", _known(v)) for i, v in silhouettes.items()})

    silhouettes = dict(zip(ids, table["silhouette"], strict=True))
    body = [
        [
            name,
            pen.text("clusters.in_use") if row.in_use else Pair("", ""),
            pen.texts.translated(row.parameters),
            "–" if pd.isna(row.k) else str(int(row.k)),
            str(int(row.clusters)),
            row.sizes or "–",
            pen.figure("share", float(row.noise_share)),
            pen.figure("score", _known(row.silhouette)),
        ]
        for name, row in zip(names, table.itertuples(index=False), strict=True)
    ]
    keys = ("algorithm", "used", "parameters", "asked", "found", "sizes", "noise", "silhouette")
    fitted = pd.Timestamp(table["as_of"].iloc[0]).date().isoformat()
    shown = pen.table("cluster_comparison", [pen.text(f"clusters.{k}") for k in keys], body, names=3)
    sampled = pen.figure("customers", int(table["customers"].iloc[0]))
    return Panel(
        "types-comparison",
        pen.text("clusters.comparison"),
        pen.text("clusters.comparison_caption", fitted=fitted, customers=sampled),
        replace(shown, source=pen.source("cluster_comparison", as_of=fitted)),
        pen.draw(chart),
        wide=True,
    )


def _strips(ids: list[str], table: pd.DataFrame) -> pd.DataFrame:
    """row, place (0 = noise), share of the sample."""
    rows = []
    for name, one in zip(ids, table.itertuples(index=False), strict=True):
        sizes = [int(n) for n in one.sizes.split(" / ")] if one.sizes else []
        rows += [(name, i, n / one.customers) for i, n in enumerate(sizes, start=1)]
        rows.append((name, 0, float(one.noise_share)))
    return pd.DataFrame(rows, columns=["row", "place", "share"])


def _outlier_counts(data: ReportData, pen: Pen) -> Panel | None:
    rows = data.measured("snapshot", "outliers").rename(columns={"slice": "segment_id"})
    everybody = rows[rows["segment_id"] == "all"]
    rows = rows[rows["segment_id"] != "all"]
    if rows.empty or everybody.empty or not float(everybody["value"].iloc[0]):
        return None
    counts, bases = (rows.set_index("segment_id")[c] for c in ("value", "base"))
    ids = charts.ordered(rows, pen.words["ko"])

    def chart(w):
        notes = [w.figure("share", v / b) for v, b in zip(rows["value"], rows["base"], strict=True)]
        return charts.segment_bars(rows[["segment_id", "value"]].assign(note=notes), w, "customers")

    body = [
        [
            pen.segment(s),
            pen.figure("customers", int(counts[s])),
            pen.figure("customers", int(bases[s])),
            pen.figure("share", float(counts[s]) / float(bases[s])),
        ]
        for s in ids
    ]
    header = [
        pen.text("words.type"),
        pen.text("clusters.outliers"),
        pen.text("words.customers"),
        pen.text("words.customer_share"),
    ]
    return Panel(
        "types-outliers",
        pen.text("clusters.outlier_counts"),
        pen.text("clusters.outlier_counts_caption"),
        pen.table("model_metrics", header, body, frames=["metrics"]),
        pen.draw(chart),
    )


def _farthest(data: ReportData, pen: Pen) -> Panel | None:
    rows = data.table("cluster_outliers")
    if rows.empty:
        return None
    body = [
        [
            str(r.customer_id),
            pen.segment(r.segment_id),
            pen.label("feature", r.outlier_feature),
            pen.figure("days", int(r.recency_days)),
            pen.figure("receipts", int(r.frequency)),
            pen.figure("currency", float(r.monetary)),
            f"{r.distance:.1f}",
        ]
        for r in rows.itertuples(index=False)
    ]
    header = [
        pen.text("words.customer_id"),
        pen.text("words.type"),
        pen.text("clusters.farthest_in"),
        pen.label("feature", "recency_days"),
        pen.label("feature", "frequency"),
        pen.label("feature", "monetary"),
        pen.text("clusters.distance"),
    ]
    return Panel(
        "types-farthest",
        pen.text("clusters.farthest", n=len(rows)),
        pen.text("clusters.farthest_caption"),
        pen.table("cluster_assignments, rfm_scores", header, body, 3, ["cluster_outliers"]),
        wide=True,
    )


def _known(value: object) -> float | None:
    return None if pd.isna(value) else float(value)


def _silhouettes(data: ReportData, pen: Pen) -> Panel | None:
    rows = data.measured("snapshot", "silhouette")
    rows = rows[rows["slice"] != "all"].rename(columns={"slice": "segment_id"})
    rows = rows[rows["value"].notna()]
    if rows.empty:
        return None
    sizes = data.measured("snapshot", "customers").set_index("slice")["value"].to_dict()
    mean = data.cluster_model.iloc[0]["silhouette"]
    mean = None if pd.isna(mean) else float(mean)

    def chart(w):
        notes = [w.figure("customers", sizes.get(s)) for s in rows["segment_id"]]
        frame = rows[["segment_id", "value"]].assign(note=notes)
        return charts.segment_bars(frame, w, "score", mean, "words.silhouette_mean")

    body = [
        [pen.segment(s), pen.figure("score", float(v)), pen.figure("customers", sizes.get(s))]
        for s, v in zip(rows["segment_id"], rows["value"], strict=True)
    ] + [
        [
            pen.text("words.silhouette_mean"),
            pen.figure("score", mean),
            pen.figure("customers", float(data.cluster_model.iloc[0]["customers"])),
        ]
    ]
    header = [pen.text("words.type"), pen.text("words.silhouette"), pen.text("words.customers")]
    return Panel(
        "types-silhouette",
        pen.text("types.silhouette"),
        pen.text("types.silhouette_caption"),
        wide=True,
        figures=pen.draw(chart),
        table=pen.table("model_metrics", header, body, frames=["metrics"]),
    )


def _k_scans(data: ReportData, pen: Pen) -> list[Panel]:
    scan, chosen = data.measured("k_scan"), int(data.cluster_model.iloc[0]["k"])
    scan = scan[~scan["slice"].str.contains("/", regex=False)]
    if scan.empty:
        return []
    table = _k_table(scan, pen)
    panels = []
    for metric, key in (("inertia", "elbow"), ("silhouette", "silhouette_k")):
        rows = scan[(scan["metric"] == metric) & scan["value"].notna()]
        frame = pd.DataFrame({"k": rows["slice"].astype(int), "value": rows["value"].astype(float)})
        if frame.empty:
            continue
        figures = pen.draw(lambda w, f=frame, m=metric: charts.k_scan(f, w, chosen, w.text(f"words.{m}")))
        panels.append(
            Panel(f"types-k-{metric}", pen.text(f"types.{key}"), pen.text(f"types.{key}_caption"), table, figures)
        )
    return panels


def _k_table(scan: pd.DataFrame, pen: Pen) -> Table:
    grid = scan.pivot(index="slice", columns="metric", values="value")
    grid = grid.loc[sorted(grid.index, key=int)]
    metrics = [m for m in ("inertia", "silhouette", "smallest_share") if m in grid.columns]
    unit = {"inertia": "number", "silhouette": "score", "smallest_share": "share"}
    rows = [[str(k), *(pen.figure(unit[m], float(grid.at[k, m])) for m in metrics)] for k in grid.index]
    return pen.table(
        "model_metrics", [pen.text("words.k"), *(pen.text(f"words.{m}") for m in metrics)], rows, frames=["metrics"]
    )
