"""The results as tables in Markdown: for the terminal, and for README."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from crm_assets.bench.curve import Step, worst
from crm_assets.bench.limits import LIMITS, Limit, Verdict, judge
from crm_assets.bench.results import CPU, LANDED, PEAK, WALL, Entry, Results
from crm_assets.bench.stages import FROM_CSV, FROM_PARQUET, SCAN, SHOWN

WAYS = {
    "scan": "every line once, grouped by customer",
    "wide scan": "the same, every column that is used",
    "ours": "RFM and 31 columns: ours",
    "polars": "the same: Polars",
    "pandas": "the same: pandas",
    "rules": "rules of the last month's receipts: ours",
    "mlxtend": "the same: mlxtend, FP-growth",
}
STAGES = {"raw_transactions": "lines", "types": "types, fitted anew", "rfm": "RFM", SCAN: "raw scan of the lines"}
INCREMENTS = {"full": "every month", "month": "the last month", "day": "the last day"}
EMPTY = "–"
ITS_OWN = 0.5  # load beyond the cores that a run itself, the parts before it, may bring


def tables(results: Results) -> str:
    """All of them, with a heading line each; what was not measured has none."""
    blocks = [
        stages(results),
        *(peers(e) for e in results.of("peers")),
        *(increments(e) for e in results.of("increments")),
    ]
    blocks += [beside(results), must_holds(judge(results)), measured_on(results)]
    return "\n\n".join(block for block in blocks if block)


def stages(results: Results) -> str:
    """A row a stage: CPU, wall and peak at each size, and how the CPU grows."""
    entries = results.of("stages")
    if not entries:
        return ""
    head = [f"{e.size:g} M lines: CPU s | wall s | GB" for e in entries]
    rows = []
    for what in (*SHOWN, SCAN, FROM_CSV, FROM_PARQUET):
        step = worst(results, "stages", what)
        cells = [f"{_number(e.value([what], m))}" for e in entries for m in (CPU, WALL, PEAK)]
        rows.append([STAGES.get(what, what), *cells, _slope(step) if step else EMPTY])
    return markdown(["stage", *" | ".join(head).split(" | "), "exponent, steepest"], rows)


def peers(entry: Entry) -> str:
    """A row a way: what it took, and how many times the raw scan or ours that is."""
    rows = []
    for what, name in WAYS.items():
        cpu = entry.value([what], CPU)
        if cpu is None:
            rows.append([name, entry.missing.get(what, EMPTY), *[EMPTY] * 4])
            continue
        ours = {"polars": "ours", "pandas": "ours", "mlxtend": "rules"}.get(what)
        times = [_times(entry, what, "scan") if what not in ("rules", "mlxtend") else EMPTY]
        times.append(_times(entry, what, ours) if ours else EMPTY)
        rows.append([name, *(_number(entry.value([what], m)) for m in (CPU, WALL, PEAK)), *times])
    return markdown([f"{entry.size:g} M lines as Parquet", "CPU s", "wall s", "GB", "× scan", "× ours"], rows)


def increments(entry: Entry) -> str:
    """From landed file to features: what a month and a day take of all."""
    rows = [
        [name, *(_number(entry.value([what], m)) for m in (CPU, WALL, PEAK)), _times(entry, what, "full")]
        for what, name in INCREMENTS.items()
    ]
    return markdown([f"{entry.size:g} M lines, landed file to features", "CPU s", "wall s", "GB", "of all"], rows)


def beside(results: Results) -> str:
    """Dagster's own cost, and what is measured at the published size, a line each."""
    return "  \n".join([*_published(results), *_refreshed(results), *_dagster(results), *_in_the_ui(results)])


def must_holds(verdicts: Iterable[Verdict]) -> str:
    """A row a limit; one that was not measured says so. Nothing where none was."""
    measured = {v.limit: v for v in verdicts}
    rows = []
    for limit in LIMITS:
        if v := measured.get(limit):
            cells = [v.of or EMPTY, _bound(limit), f"{v.value:.2f}", "yes" if v.holds else "**no**"]
        else:
            cells = [limit.figure.of, _bound(limit), "not measured", EMPTY]
        rows.append([limit.name, *cells])
    return markdown(["must hold", "of", "limit", "measured", "holds"], rows) if measured else ""


def measured_on(results: Results) -> str:
    """The machine, the commits and the days of the entries."""
    entries = results.entries.values()
    machines = {f"{m['cores']} cores, {m['memory_gb']:g} GB ({m['processor']})" for m in _about(entries, "machine")}
    commits = sorted({str(c) for c in _about(entries, "commit")})
    days = sorted({str(d)[:10] for d in _about(entries, "began")})
    repeats = sorted({len(r) for e in entries for r in e.repeats.values()})
    if not machines:
        return ""
    loads = [e.about["load"] for e in entries if e.about.get("load", 0) > e.about["machine"]["cores"] + ITS_OWN]
    shared = f" Others were at work (load {max(loads):g}): wall is longer than it would be." if loads else ""
    times = "–".join(str(n) for n in sorted({repeats[0], repeats[-1]}))
    return (
        f"Medians of {times} (the greatest of peaks); {'; '.join(sorted(machines))}; commit {', '.join(commits)}; "
        f"{' to '.join(sorted({days[0], days[-1]}))}.{shared}"
    )


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; every column but the first stands on the right."""
    lines = [head, [":--", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _slope(step: Step) -> str:
    return f"{step.exponent:.2f} ({step.smaller:g} to {step.larger:g} M)"


def _bound(limit: Limit) -> str:
    bound = f"≤ {limit.most:g}" if limit.most is not None else f"≥ {limit.least:g}"
    wished = f"(try {limit.wish:g})" if limit.wish is not None else ""
    return " ".join(filter(None, (bound, limit.unit, wished)))


def _published(results: Results) -> Iterator[str]:
    for entry in results.of("published"):
        yield (
            f"Published size ({entry.about['customers']:,} customers, {entry.about['lines']:,} lines), CSV to RFM, "
            f"types and features: {_cost(entry, 'published')}"
            + (
                f"; the bare engine, lines and receipts alone: {_cost(entry, 'bare')}."
                if "bare" in entry.repeats
                else "."
            )
        )


def _refreshed(results: Results) -> Iterator[str]:
    for entry in results.of("refresh"):
        yield f"`crm refresh` of the same from nothing, every month, table and report: {_cost(entry, 'refresh')}."


def _dagster(results: Results) -> Iterator[str]:
    for entry in results.of("dagster"):
        steps = entry.repeats["bodies"][0].told["steps"]
        bare = min(m.told["process_cpu"] for m in entry.repeats["bodies"])
        own = min(m.cpu for m in entry.repeats["refresh"]) - bare
        yield (
            f"Dagster's own cost: {own:.1f} s CPU in {steps} steps, {own / steps:.3f} s each "
            f"(`crm refresh` beside the bodies alone, both with their imports)."
        )


def _in_the_ui(results: Results) -> Iterator[str]:
    for entry in results.of("ui"):
        wall = _number(entry.value([LANDED], WALL))
        yield f"Landed file to predictions in the running UI: {wall} s."


def _cost(entry: Entry, what: str) -> str:
    cpu, wall, peak = (_number(entry.value([what], m)) for m in (CPU, WALL, PEAK))
    return f"{wall} s, {cpu} s CPU, {peak} GB"


def _times(entry: Entry, what: str, over: str) -> str:
    a, b = entry.value([what], CPU), entry.value([over], CPU)
    return f"{a / b:.2f}" if a is not None and b else EMPTY


def _number(value: float | None) -> str:
    if value is None:
        return EMPTY
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f}"


def _about(entries: Iterable[Entry], name: str) -> list:
    return [e.about[name] for e in entries if name in e.about]
