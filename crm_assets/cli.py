"""The command line: ``crm demo``, ``refresh``, ``report``, ``explain``, ``statement``, ``tables``, ``quarantine``, …

Assets run in this process; the runs show in the UI, since they are written to the same ``DAGSTER_HOME``. What an
asset does is in ``defs``.
"""

from __future__ import annotations

import math
import os
import shutil
import sys
import time
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import click

from crm_assets.months import month_of
from crm_assets.published import read_published
from crm_assets.receipts.sources import SourceError, source_of
from crm_assets.settings import PROJECT_DIR, Settings, SettingsError
from crm_assets.warehouse import Session, Warehouse, WarehouseError, warehouse_of

EXPECTED = (SettingsError, SourceError, WarehouseError, ValueError, OSError, ImportError)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """A retailer's receipts, turned into knowledge and action."""


@cli.command()
@click.option("--customers", default=3_000, show_default=True, help="how many customers to make")
@click.option("--seed", default=20_211_231, show_default=True, help="the same seed gives the same files, byte by byte")
@click.option(
    "--sample", type=click.Choice(["lpoint", "card", "leads"]), default="lpoint", show_default=True,
    help="receipts in L.POINT's shape, payments of a card, or leads of companies",
)  # fmt: skip
def demo(customers: int, seed: int, sample: str) -> None:
    """Write a sample into the landing folder: receipts in L.POINT's shape, payments of a card, or leads."""
    from crm_assets.demo import write_cards, write_demo, write_leads

    settings, source = Settings.read(), {"leads": "mql"}.get(sample, sample)
    if settings.source != source:
        remedy = "Unset it, or ask for --sample card" if sample == "lpoint" else f"Set CRM_SOURCE={source}"
        raise click.UsageError(
            f"the sample is in the shape of {source}, but CRM_SOURCE is {settings.source!r}. {remedy}."
        )
    write, own = {
        "lpoint": (write_demo, ("LPOINT_BIG_COMP", "INSFILER")),
        "card": (write_cards, ("CARD_",)),
        "leads": (write_leads, ("MQL_LEADS",)),
    }[sample]
    others = sorted(p.name for p in settings.landing.glob("*") if not p.name.startswith((*own, ".")))
    if others:
        raise click.UsageError(
            f"{settings.landing} holds other files ({', '.join(others[:3])}). Move them, or set CRM_DATA_DIR."
        )
    started = time.monotonic()
    summary = write(
        settings.landing,
        settings.data / "demo_truth",
        settings.reference / "demo",
        customers=customers,
        seed=seed,
        progress=lambda line: click.echo(f"  {line}", err=True),
    )
    click.echo(f"sample of {customers:,} customers in {settings.landing} ({time.monotonic() - started:.1f} s)")
    for path, rows in summary.rows.items():
        click.echo(f"  {path.relative_to(settings.data)!s:<50}{rows:>12,} rows")


@cli.command()
@click.option("--months", help="2021-03, or 2021-01:2021-12; default: all that are missing or out of date")
@click.option("--select", help="tables, separated by commas, 'rfm_scores+' for those that follow; default: all")
def refresh(months: str | None, select: str | None) -> None:
    """Read new files and make what is missing or out of date of every month, from its lines to its report."""
    from crm_assets.refresh import Refresh, RefreshStopped

    work = Refresh.open()
    asked = work.months(*parse_months(months)) if months else None
    assets = work.selected(select) if select else None
    try:
        ok = work.take_in()
    except RefreshStopped as error:
        raise click.ClickException(str(error)) from error
    stale = work.stale_tables()
    keys = list(stale) if asked is None else asked
    if before := work.unread_before(keys):
        click.echo(
            f"{keys[0][:7]} looks back on months whose receipts are not loaded ({before[0][:7]} to {before[-1][:7]}): "
            "its figures lack them. `crm refresh` without --months makes them.",
            err=True,
        )
    if not keys and ok:
        click.echo("everything is up to date")
    for number, key in enumerate(keys):
        if not work.make_month(key, assets or (stale[key] if asked is None else None)):
            ok = False
            if later := keys[number + 1 :]:
                click.echo(f"{later[0][:7]} and later build on {key[:7]} and were left as they are", err=True)
            break
    ok = work.publish() and ok
    _print_report(work.settings, keys)
    if work.alarms:
        click.echo(f"checks that failed: {', '.join(work.alarms)}", err=True)
    if not ok:
        click.echo(
            "not everything could be read or made: see the lines marked ✗. What they stand for is as it was.", err=True
        )
        sys.exit(1)


@cli.command()
@click.option("--month", help="2021-12; default: the newest month that has one")
def report(month: str | None) -> None:
    """Make a month's report anew from the warehouse and print its path."""
    from crm_assets.defs.pending import REPORT
    from crm_assets.refresh import Refresh

    work = Refresh.open()
    asked = parse_month(month) if month else None
    keys = work.months(asked, asked) if asked else work.reported_months()[-1:]
    if not keys:
        raise click.UsageError("no month has been made yet. Run `crm refresh` first.")
    for key in keys:  # all of them, before the first is made
        if missing := work.missing_tables(key):
            raise click.UsageError(
                f"{key[:7]} lacks {', '.join(missing)}. Run `crm refresh --months {key[:7]}`: it ends with the report."
            )
    stale = work.stale_tables()
    for key in keys:
        if key in stale:
            click.echo(f"{key[:7]} is older than its receipts: `crm refresh` makes it anew", err=True)
        if not work.make_month(key, [REPORT]):
            sys.exit(1)
    _print_report(work.settings, keys)


@cli.command()
@click.argument("customer_id")
@click.option("--month", help="2021-12; default: the newest month that is made")
@click.option("--language", type=click.Choice(["ko", "en"]), help="default: CRM_LANGUAGE, ko")
def explain(customer_id: str, month: str | None, language: str | None) -> None:
    """Show the card of a customer: its type, why, and what that is worth."""
    from crm_assets.charts import Texts
    from crm_assets.explain.card_text import card_text, pen_of
    from crm_assets.explain.customer_card import read_card
    from crm_assets.segmentation.naming import read_personas
    from crm_assets.segmentation.rfm import BAND, read_schemes

    settings = Settings.read()
    source, reference = source_of(settings), settings.reference
    with _to_read(settings) as session:
        card = read_card(session, customer_id, parse_month(month) if month else None)
    personas = read_personas(reference / "personas" / f"{source.personas}.yaml")
    pen = pen_of(card, Texts.read(reference / "texts"), source.currency, personas, read_schemes(reference)[BAND])
    click.echo(card_text(card, pen, language or settings.language))


@cli.command()
@click.argument("customer_id")
@click.option("--month", help="2021-12; default: the newest month that is made")
@click.option("--language", type=click.Choice(["ko", "en"]), help="default: CRM_LANGUAGE, ko")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="write a page to print here instead")
def statement(customer_id: str, month: str | None, language: str | None, html: Path | None) -> None:
    """Tell a customer's last months: income, spending, recurring payments, benefits, lifestyle, best offers."""
    from crm_assets.charts import Texts, Words
    from crm_assets.explain.customer_statement import read_statement
    from crm_assets.explain.statement_blocks import statement_page
    from crm_assets.explain.statement_page import as_html, as_text
    from crm_assets.files import write_text
    from crm_assets.lifestyle.personas import lifestyles_of

    settings = Settings.read()
    if html is not None and html.resolve().is_relative_to(settings.landing.resolve()):
        raise click.UsageError(f"{html} lies in the landing folder, where it would be read. Choose another folder.")
    source = source_of(settings)
    with _to_read(settings) as session:
        asked = parse_month(month) if month else None
        told = read_statement(session, customer_id, asked)
    words = Words(Texts.read(settings.reference / "texts"), language or settings.language, source.currency)
    page = statement_page(told, words, lifestyles_of(settings.reference, source.lifestyles))
    if html is None:
        click.echo(as_text(page))
        return
    write_text(html, as_html(page))
    click.echo(f"statement: {html}")


@cli.command()
@click.argument("names", nargs=-1)
@click.option("--mapping", is_flag=True, help="the columns that a mapping file can feed instead")
def tables(names: tuple[str, ...], mapping: bool) -> None:
    """Print what the tables and their columns mean, as Markdown: all of them, or those that are named."""
    from crm_assets.data_dictionary import data_dictionary, mapping_columns

    try:
        click.echo(mapping_columns() if mapping else data_dictionary(names))
    except ValueError as error:
        raise click.UsageError(str(error)) from error


@cli.group()
def quarantine() -> None:
    """Rows that were put aside: list them, write them out to be mended, release the mended ones."""


@quarantine.command("list")
@click.option("--file", "file_name", help="rows of this file only")
@click.option("--reason", help="rows with this fault only")
@click.option("--to", "path", type=click.Path(dir_okay=False, path_type=Path), help="write the rows here, as CSV")
def list_rows(file_name: str | None, reason: str | None, path: Path | None) -> None:
    """How many rows lie in quarantine, by file and reason; with --to, the rows of one file, to be mended."""
    from crm_assets.receipts.quarantine import open_counts, write_open_rows

    settings = Settings.read()
    if path is not None and path.resolve().is_relative_to(settings.landing.resolve()):
        raise click.UsageError(f"{path} lies in the landing folder, where it would be read. Choose another folder.")
    with _stored(settings).session() as session:
        if path is not None:
            rows = write_open_rows(session, source_of(settings), path, file_name, reason)
            click.echo(f"{rows:,} rows in {path}. Mend them there, then `crm quarantine release {path}`.")
            return
        counts = open_counts(session)
    found = [c for c in counts if file_name in (None, c[0]) and reason in (None, c[1])]
    if not found and (file_name or reason):
        known = ", ".join(sorted({name for name, *_ in counts})) or "none"
        raise click.UsageError(f"no open row matches. Files with open rows: {known}.")
    for name, why, rows in found:
        click.echo(f"{rows:>12,}  {why:<16}{name}")
    click.echo(f"{sum(rows for *_, rows in found):>12,}  in quarantine")


@quarantine.command("release")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def release_rows(path: Path) -> None:
    """Put mended rows into the landing folder; those that are faulty still stay in quarantine."""
    from crm_assets.receipts.quarantine import release

    settings = Settings.read()
    with _stored(settings).session() as session:
        done = release(session, source_of(settings), settings, path, date.today())
    if done.faulty:
        faults = ", ".join(f"{rows:,} {why}" for why, rows in sorted(done.faulty.items()))
        click.echo(f"faulty still, left in quarantine: {faults}", err=True)
    if done.path is None:
        raise click.UsageError(f"no row of {path} is sound. Mend them and release them again.")
    click.echo(f"{done.rows:,} mended rows in {done.path}. `crm refresh` or the sensor reads them.")


def _stored(settings: Settings) -> Warehouse:
    warehouse = warehouse_of(settings)
    if not settings.database.exists():
        raise click.UsageError(f"{settings.database} does not exist yet. Run `crm refresh` first.")
    return warehouse


def _to_read(settings: Settings) -> AbstractContextManager[Session]:
    """The copy for readers, which waits for no run; the warehouse itself as long as there is no copy."""
    return read_published(settings.published) if settings.published.exists() else _stored(settings).session()


@cli.command()
@click.option("--lines", default="1,10", show_default=True, help="million lines, separated by commas; 100 by asking")
@click.option(
    "--repeat",
    default=3,
    type=click.IntRange(min=1),
    show_default=True,
    help="how often each is measured; medians are told",
)
@click.option(
    "--only",
    help="parts, separated by commas: published, stages, peers, increments, dagster, refresh, ui; default: all",
)
@click.option("--results", type=click.Path(dir_okay=False, path_type=Path), help="default: docs/bench/results.json")
@click.option("--readme", is_flag=True, help="measure nothing: write README's tables and the chart from the results")
def bench(lines: str, repeat: int, only: str | None, results: Path | None, readme: bool) -> None:
    """Measure the parts in folders of their own, and say of every limit whether it holds; where one does not, the exit
    code is 1."""
    from crm_assets.bench.command import RESULTS, measure_and_tell, write_readme

    file = results or RESULTS
    if readme:
        click.echo(write_readme(file))
        return
    sizes = parse_sizes(lines)
    if not measure_and_tell(None if only is None else only.split(","), sizes, repeat, file):
        sys.exit(1)


def parse_sizes(text: str) -> list[float]:
    """``1,10`` → million lines.

    Raises:
        click.UsageError: one of them is no number above 0.
    """
    try:
        sizes = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise click.UsageError(f"--lines {text!r}: write million lines, as 1,10.") from error
    if not all(0 < size < math.inf for size in sizes):
        raise click.UsageError(f"--lines {text!r}: write numbers above 0.")
    return sizes


def parse_months(text: str) -> tuple[date, date]:
    """``2021-03`` or ``2021-01:2021-12`` → first and last month.

    Raises:
        click.UsageError: the text is neither, or ends before it begins.
    """
    parts = text.split(":")
    try:
        first, last = (month_of(date.fromisoformat(f"{p.strip()}-01")) for p in (parts[0], parts[-1]))
    except ValueError as error:
        raise click.UsageError(f"--months {text!r}: write 2021-03 or 2021-01:2021-12.") from error
    if len(parts) > 2 or last < first:
        raise click.UsageError(f"--months {text!r}: write the first month, a colon, the last one.")
    return first, last


def parse_month(text: str) -> date:
    """``2021-12`` → its first day.

    Raises:
        click.UsageError: the text is no month, or several.
    """
    try:
        return month_of(date.fromisoformat(f"{text.strip()}-01"))
    except ValueError as error:
        raise click.UsageError(f"--month {text!r}: write one month, as 2021-12.") from error


def _print_report(settings: Settings, keys: list[str]) -> None:
    for key in keys[-1:]:
        path = settings.reports / f"{key[:7]}.html"
        if path.exists():
            click.echo(f"report: {path}")


def main() -> None:
    """Entry point: errors that a user can mend are one line, not a traceback."""
    try:
        home = Path(os.environ.get("DAGSTER_HOME") or Settings.read().home).resolve()
        home.mkdir(parents=True, exist_ok=True)
        if not (home / "dagster.yaml").exists():
            shutil.copy(PROJECT_DIR / "dagster_home" / "dagster.yaml", home)
        os.environ["DAGSTER_HOME"] = str(home)
        cli()
    except EXPECTED as error:
        click.echo(f"crm: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
