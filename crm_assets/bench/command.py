"""What ``crm bench`` does with its words: measure and tell, or write README's table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from crm_assets.bench.chart import write_chart
from crm_assets.bench.limits import LIMITS, judge
from crm_assets.bench.parts import PARTS
from crm_assets.bench.readme import with_block
from crm_assets.bench.results import Results
from crm_assets.bench.run import measure
from crm_assets.bench.table import tables
from crm_assets.files import write_text
from crm_assets.settings import PROJECT_DIR

RESULTS = PROJECT_DIR / "docs" / "bench" / "results.json"
README = PROJECT_DIR / "README.md"


def measure_and_tell(only: Sequence[str] | None, sizes: Sequence[float], repeat: int, file: Path) -> bool:
    """Measure, print the tables, write the chart beside the results, of this run and of those before; whether every
    limit holds that was measured now."""
    names = list(PARTS) if only is None else [name.strip() for name in only]
    measured = measure(names, sizes, repeat, file, lambda line: click.echo(line, err=True))
    results = Results.read(file)
    click.echo(tables(results))
    click.echo(f"results: {file}\nchart: {write_chart(results, file.with_suffix('.html'))}")
    judged = list(judge(measured))
    broken = [verdict.limit.name for verdict in judged if not verdict.holds]
    left = [limit for limit in LIMITS if limit.figure.part in names and limit not in [v.limit for v in judged]]
    if left:
        click.echo(f"not measured now: {'; '.join(f'{limit.name} ({limit.figure.of})' for limit in left)}", err=True)
    if broken:
        click.echo(f"does not hold: {'; '.join(broken)}", err=True)
    return not broken


def write_readme(file: Path, readme: Path = README) -> str:
    """Rewrite README's block and the chart from the results; returns what was done.

    Raises:
        ValueError: there are no results, or README has no markers.
    """
    results = Results.read(file)
    if not results.entries:
        raise ValueError(f"{file} holds no results. Run `crm bench` first.")
    write_text(readme, with_block(readme.read_text(encoding="utf-8"), results))
    chart = write_chart(results, file.with_suffix(".html"))
    return f"{readme}: the tables are those of {file}\nchart: {chart}"
