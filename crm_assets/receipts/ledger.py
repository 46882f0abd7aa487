"""The ledger of the intake: which deliveries count, what each brought, and what it changed in each month.

A delivery is a file's name and content. It counts until another of the same name takes its place; then the lines that
only the older one held are withdrawn. All that one delivery changes is written in one transaction, after its rows are
staged, so that a killed run has either read a file or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import columns
from crm_assets.contracts.gate import ContractBroken
from crm_assets.receipts.deliveries import Change, Delivery, changes_of, distinct_rows, recounted
from crm_assets.receipts.landing import shown
from crm_assets.receipts.staging import LINES
from crm_assets.warehouse import Session

FILES, MONTHS, QUARANTINE = CONTRACTS["landed_files"], CONTRACTS["landed_months"], CONTRACTS["quarantine"]
RELEASED, REFUSED = CONTRACTS["released_rows"], CONTRACTS["refused_files"]


@dataclass(frozen=True)
class RunMark:
    """The run that reads: its id, and when it began (UTC)."""

    run_id: str
    began: datetime


class Ledger:
    """The ledger of an open warehouse."""

    def __init__(self, session: Session, staging: Path, source: str, mark: RunMark) -> None:
        self.session, self.staging, self.source, self.mark = session, staging, source, mark

    def counting(self) -> list[Delivery]:
        """The deliveries that count, in the order of arrival."""
        lines: dict[int, list[tuple[date, int]]] = {}
        for landing_no, month, count in self.session.rows(
            "select landing_no, purchase_month, lines from landed_months where lines > 0 order by 1, 2"
        ):
            lines.setdefault(landing_no, []).append((month, count))
        found = self.session.rows(
            """select landing_no, delivered_no, file_name, content_hash, reading_hash, staged_table, feeds, encoding,
                rows, run_id, staged_table = 'leads' and first_month is not null, first_month, last_month
            from landed_files where status = 'loaded' order by landing_no"""
        )
        return [
            Delivery(
                *(*row[:6], tuple(row[6].split(",")), *row[7:10], tuple(lines.get(row[0], ()))),
                leads=(row[11], row[12]) if row[10] else None,
            )
            for row in found
        ]

    def next_no(self) -> int:
        return int(self.session.scalar("select coalesce(max(landing_no), 0) + 1 from landed_files"))

    def first_landed(self, content_hash: str) -> date:
        """The day on which a content landed first; that of this run when it is new."""
        known = self.session.scalar(
            "select min(landed_at) from landed_files where content_hash = :content", content=content_hash
        )
        return (known or self.mark.began).date()

    def has_known(self, file_name: str, content_hash: str) -> bool:
        """Whether the content was delivered by this name, whether it counts or not."""
        known = "select count(*) > 0 from landed_files where file_name = :name and content_hash = :content"
        return bool(self.session.scalar(known, name=file_name, content=content_hash))

    def read_anew(self, file_name: str, content_hash: str, reading_hash: str) -> list[int]:
        """The number of arrival of a copy whose place its original took, when that was read in another way than it was:
        the copy never left. Empty for any other file."""
        last = self.session.rows(
            """select delivered_no, content_hash, reading_hash, status from landed_files
            where file_name = :name order by landing_no desc limit 1""",
            name=file_name,
        )
        return [
            number
            for number, content, reading, status in last
            if status == "superseded" and content == content_hash and reading != reading_hash
        ]

    def enter(
        self, new: Delivery, replaced: Sequence[Delivery], counting: Sequence[Delivery], *, is_copy: bool
    ) -> None:
        """Write a delivery whose rows are staged, and withdraw those that it takes the place of.

        Args:
            counting: the deliveries that count so far, ``replaced`` among them.
            is_copy: one that counts beside it is the same reading; else ``parsed`` and ``rejected_rows`` hold its rows.

        Raises:
            ContractBroken: a row of the ledger or the quarantine breaks its contract; nothing was written.
        """
        gone = {d.landing_no for d in replaced}
        others = [d for d in counting if d.landing_no not in gone]
        changes = changes_of(self.session, self.staging, new, replaced, others)
        put_aside = 0 if is_copy else self._stage_faults(new)
        loaded = 0 if is_copy else self._loaded(new, changes)
        counts = {"loaded": loaded, "duplicates": new.rows - loaded - put_aside, "quarantined": put_aside}
        staged = {FILES: self._stage_file(new, counts), MONTHS: self._stage_months(new, changes, others)}
        if not is_copy:
            staged |= {QUARANTINE: "staged_quarantine", RELEASED: "staged_released_rows"}
        broken = [v for contract, rows in staged.items() for v in self.session.violations(contract, rows)]
        if broken:
            raise ContractBroken(f"ledger or quarantine refused, {'; '.join(str(v) for v in broken)}")
        counted_anew = recounted(self.session, self.staging, replaced, others)
        with self.session.transaction():
            for contract, rows in staged.items():
                where = "reading_hash = :reading" if contract is QUARANTINE else "landing_no = :no"
                self.session.replace(contract, rows, where, no=new.landing_no, reading=new.reading_hash)
            for old in replaced:
                self._supersede(old, new)
            for other, found in counted_anew.items():
                self._count_anew(other, found)
            self.accept(new.file_name)

    def refuse(self, file_name: str, reason: str) -> None:
        """Write down that a file was not read; what a delivery of the same name brought before stays."""
        row = {"file_name": shown(file_name), "reason": reason} | self._mark("refused_at")
        staged = self.session.stage_frame(REFUSED, pd.DataFrame([row]))
        with self.session.transaction():
            self.session.replace(REFUSED, staged, "file_name = :name", name=shown(file_name))

    def accept(self, file_name: str) -> None:
        """A file that was refused before, and is what counts by its name now."""
        self.session.execute("delete from refused_files where file_name = :name", name=file_name)

    def mended_of(self, contents: set[str], counting: Sequence[Delivery]) -> list[Delivery]:
        """The deliveries that count and hold mended rows of one of the contents."""
        origins = self.session.rows("select distinct landing_no, content_hash from released_rows")
        numbers = {landing_no for landing_no, content in origins if content in contents}
        return [d for d in counting if d.landing_no in numbers]

    def keep_released(self, content_hash: str) -> None:
        """Rows of ``parsed`` that were mended and count elsewhere stay put aside, sound as they may be by now."""
        self.session.execute(
            """update parsed set reason = kept.reason, content = kept.content
            from (
                select distinct q.row_no, q.reason, q.content
                from quarantine q
                join landed_files f on f.reading_hash = q.reading_hash
                join released_rows r on r.content_hash = f.content_hash and r.row_no = q.row_no and r.reason = q.reason
                join landed_files m on m.landing_no = r.landing_no
                where f.content_hash = :content and m.status = 'loaded' and q.reason <> 'unreadable'
            ) as kept where parsed.rowid + 1 = kept.row_no""",
            content=content_hash,
        )

    def look(self, names: Sequence[str]) -> list[str]:
        """Write down which files lie in the folder now; returns those that did at the last look and are gone."""
        self.session.reference("in_folder_now", {"file_name": "VARCHAR"}, [(shown(name),) for name in names])
        removed = self.session.rows(
            """select distinct file_name from landed_files where status = 'loaded' and in_folder
            and file_name not in (select file_name from in_folder_now) order by 1"""
        )
        with self.session.transaction():
            self.session.execute(
                """update landed_files set in_folder = file_name in (select file_name from in_folder_now)
                where status = 'loaded'
                and in_folder <> (file_name in (select file_name from in_folder_now))"""
            )
            self.session.execute(
                "delete from refused_files where file_name not in (select file_name from in_folder_now)"
            )
        return [name for (name,) in removed]

    def _loaded(self, delivery: Delivery, changes: Sequence[Change]) -> int:
        if delivery.staged_table != LINES:
            return distinct_rows(self.session, self.staging, delivery)
        return sum(change.loaded for change in changes)

    def _mark(self, when: str) -> dict[str, object]:
        return {when: self.mark.began, "run_id": self.mark.run_id}

    def _stage_file(self, new: Delivery, counts: dict[str, int]) -> str:
        first, last = new.first_and_last
        row = {
            **{name: getattr(new, name) for name in ("landing_no", "delivered_no", "file_name", "content_hash")},
            **{name: getattr(new, name) for name in ("reading_hash", "staged_table", "encoding", "rows")},
            "feeds": ",".join(new.feeds),
            "source": self.source,
            "status": "loaded",
            "in_folder": True,
            "first_month": first,
            "last_month": last,
            **counts,
            **self._mark("landed_at"),
        }
        return self.session.stage_frame(FILES, pd.DataFrame([row]))

    def _stage_months(self, new: Delivery, changes: Sequence[Change], others: Sequence[Delivery]) -> str:
        earlier = [d for d in others if d.run_id != self.mark.run_id]
        newest = max((month for d in earlier for month in d.months), default=date.min)
        rows = [(new.landing_no, c.month, c.lines, c.loaded, c.added, c.withdrawn, c.month < newest) for c in changes]
        return self.session.stage_frame(MONTHS, pd.DataFrame(rows, columns=[c.name for c in columns(MONTHS)]))

    def _stage_faults(self, new: Delivery) -> int:
        """The faulty rows of a reading, how many they are, and which rows of the quarantine it mends: those too that it
        mended into what is a fault by now, because they lie in quarantine as rows of its own."""
        self.session.execute(
            """create or replace temp table staged_quarantine as
            select cast(:reading as varchar) as reading_hash, rowid + 1 as row_no, reason, content from parsed
            where reason is not null
            union all
            select cast(:reading as varchar), row_no, 'unreadable', content from rejected_rows""",
            reading=new.reading_hash,
        )
        columns = {name for (name,) in self.session.rows("select column_name from (describe parsed)")}
        mends = "crm_content_hash, crm_row_no, crm_reason" if "crm_row_no" in columns else "null, null, null"
        self.session.execute(
            f"""create or replace temp table staged_released_rows as
            select distinct cast(:no as bigint) as landing_no, made.* from (
                select {mends} from parsed where reason is null or reason <> 'not_quarantined'
            ) as made(content_hash, row_no, reason) where content_hash is not null and row_no is not null""",
            no=new.landing_no,
        )
        return int(self.session.scalar("select count(*) from staged_quarantine"))

    def _supersede(self, old: Delivery, new: Delivery) -> None:
        """Its rows are kept, as staged and in quarantine, unless the same content is only read in another way now."""
        self.session.execute(
            "update landed_files set status = 'superseded', in_folder = false where landing_no = :no",
            no=old.landing_no,
        )
        if old.content_hash == new.content_hash:
            self.session.execute(
                """delete from quarantine where reading_hash = :reading and reading_hash not in (
                    select reading_hash from landed_files where status = 'loaded'
                )""",
                reading=old.reading_hash,
            )

    def _count_anew(self, delivery: Delivery, changes: Sequence[Change]) -> None:
        """The first delivery of a reading that counts holds its quarantined rows; a copy's rows are all duplicates."""
        is_copy = self.session.scalar(
            """select count(*) > 0 from landed_files
            where status = 'loaded' and reading_hash = :reading and landing_no < :no""",
            reading=delivery.reading_hash,
            no=delivery.landing_no,
        )
        for change in changes:
            self.session.execute(
                "update landed_months set loaded = :loaded where landing_no = :no and purchase_month = :month",
                loaded=change.loaded,
                no=delivery.landing_no,
                month=change.month,
            )
        put_aside = self.session.scalar(
            "select count(*) from quarantine where reading_hash = :reading", reading=delivery.reading_hash
        )
        self.session.execute(
            """update landed_files set loaded = :loaded, quarantined = :quarantined,
                duplicates = rows - :loaded - :quarantined where landing_no = :no""",
            loaded=0 if is_copy else self._loaded(delivery, changes),
            quarantined=0 if is_copy else int(put_aside),
            no=delivery.landing_no,
        )
