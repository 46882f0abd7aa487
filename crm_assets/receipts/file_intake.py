"""How one file of the landing folder is taken in: hashed, known or read, its rows staged, entered into the ledger.

Sound rows go to Parquet by table and month, the others to the quarantine with their first reason; the ledger is written
last. Other content under a known name takes the place of what was there, unless the mapping says that it adds to it.
Which files there are, and what becomes of one that is refused, is ``intake``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from crm_assets.contracts.base import identifier, literal
from crm_assets.contracts.gate import ContractBroken
from crm_assets.months import month_of
from crm_assets.receipts import mapping_sql
from crm_assets.receipts.deliveries import Delivery
from crm_assets.receipts.landed_text import AT_HOME, content_hash, prepare
from crm_assets.receipts.landing import FileRefused, landed_name, require_plain, require_unchanged, state
from crm_assets.receipts.ledger import Ledger
from crm_assets.receipts.reading import Reading, read_file
from crm_assets.receipts.sources import FileMapping, Load, Source, is_mended, unpacked_name
from crm_assets.receipts.staging import (
    LEADS,
    LINES,
    dimension_file,
    forget,
    line_columns,
    staged_month_file,
    write_parquet,
)
from crm_assets.settings import Settings
from crm_assets.warehouse import Session

# Faults that every row has when a file is not what its mapping says; the others are of the rows themselves.
OF_THE_MAPPING = {"unreadable", "no_date", "no_receipt", "bad_amount", "bad_quantity", "no_key", "not_quarantined"}
OF_OTHER_DAYS = {"outside_history", "future_date"}


class NothingToMend(FileRefused):
    """Mended rows none of which lies in quarantine: a correction took the place of the file that they are of."""


@dataclass
class FileIntake:
    """How a file is taken in: hashed, known or read, staged, entered into the ledger."""

    session: Session
    source: Source
    settings: Settings
    ledger: Ledger
    in_folder: frozenset[str]
    progress: Callable[[str], None]

    @property
    def workspace(self) -> Path:
        return self.settings.staging / "tmp"

    def take(self, path: Path, name: str) -> bool:
        """Whether the file brought something that the ledger did not know.

        Args:
            name: the file's, as the ledger knows it.
        """
        require_plain(path)
        before = state(path)
        mapping, content = self._mapping_of(name), content_hash(path)
        reading = self.source.reading_hash(content, mapping, self.settings.reading_policies)
        counting = self.ledger.counting()
        alike = [d for d in counting if d.reading_hash == reading]
        if any(d.file_name == name for d in alike):
            self.ledger.accept(name)
            return False
        replaced = self._replaced(name, mapping, content, counting)
        no, anew = self.ledger.next_no(), [d.delivered_no for d in replaced if d.content_hash == content]
        anew += self.ledger.read_anew(name, content, reading)
        numbers = {"landing_no": no, "delivered_no": min(anew, default=no)}
        if beside := [d for d in alike if d not in replaced]:
            copy = replace(beside[0], file_name=name, run_id=self.ledger.mark.run_id, **numbers)
            self.ledger.enter(copy, replaced, counting, is_copy=True)
        else:
            try:
                read = self._read(path, name, mapping, content, reading, replaces=bool(replaced))
            except NothingToMend:
                if not self.ledger.has_known(name, content):
                    raise
                self.ledger.accept(name)  # it was withdrawn with the file that it mends
                return False
            try:
                require_unchanged(path, before)
                self.ledger.enter(replace(read, **numbers), replaced, counting, is_copy=False)
            except (FileRefused, ContractBroken):
                self._forget_unless_landed(reading)
                raise
        for old in {d.reading_hash for d in replaced if d.content_hash == content} - {reading}:
            self._forget_unless_landed(old, "status = 'loaded'")
        return True

    def _replaced(self, name: str, mapping: FileMapping, content: str, counting: Sequence[Delivery]) -> list[Delivery]:
        """The deliveries whose place a file takes: of its name, packed or not; of its content, when they were read in
        another way than now or by a name that is gone; and the mended rows of those that are no more, and of these."""

        def is_gone(delivery: Delivery) -> bool:
            return delivery.file_name not in self.in_folder

        def is_name_of(delivery: Delivery) -> bool:
            packed = unpacked_name(delivery.file_name) == unpacked_name(name) and is_gone(delivery)
            return delivery.file_name == name or packed

        replaced = [
            d
            for d in counting
            if (is_name_of(d) and (mapping.same_name == "replaces" or d.content_hash == content))
            or (d.content_hash == content and self.is_outdated(d))
            or (d.content_hash == content and d.staged_table == mapping.loads and is_gone(d))
        ]
        while True:
            kept = {content, *(d.content_hash for d in counting if d not in replaced)}
            mended = self.ledger.mended_of({d.content_hash for d in replaced} - kept, counting)
            more = [d for d in mended if d not in replaced]
            if not more:
                return replaced
            replaced += more

    def is_outdated(self, delivery: Delivery) -> bool:
        """Whether its mapping, the history or a policy has changed since it was read."""
        mapping = self.source.mapping_of(delivery.file_name)
        policies = self.settings.reading_policies
        return mapping is None or delivery.reading_hash != self.source.reading_hash(
            delivery.content_hash, mapping, policies
        )

    def _forget_unless_landed(self, reading: str, where: str = "true") -> None:
        """Remove what a reading staged, unless the ledger knows it."""
        known = f"select count(*) from landed_files where reading_hash = :reading and {where}"
        if not self.session.scalar(known, reading=reading):
            forget(self.settings.staging, reading)

    def stage_again(self, path: Path, broken: Sequence[Delivery]) -> None:
        """Stage the rows of a delivery that the ledger counts, but whose staged files are gone."""
        name = landed_name(path)
        if not any(d.file_name == name for d in broken):
            return
        before, mapping, content = state(path), self._mapping_of(name), content_hash(path)
        reading = self.source.reading_hash(content, mapping, self.settings.reading_policies)
        if any(d.reading_hash == reading for d in broken):
            self._read(path, name, mapping, content, reading, replaces=False)
            try:
                require_unchanged(path, before)
            except FileRefused:
                forget(self.settings.staging, reading)
                raise

    def _mapping_of(self, name: str) -> FileMapping:
        mapping = self.source.mapping_of(name)
        if mapping is None:
            patterns = ", ".join(m.match for m in self.source.files)
            raise FileRefused(
                f"{name}: the source {self.source.name} knows no file of this name, only {patterns}. "
                "Rename it, or add it to the mapping file."
            )
        return mapping

    def _read(
        self, path: Path, name: str, mapping: FileMapping, content: str, reading: str, *, replaces: bool
    ) -> Delivery:
        """Make ``parsed`` and ``rejected_rows``, and stage the sound rows; the delivery has no number yet."""
        self.progress(f"reading {name}")
        stated = None if is_mended(name) else self.source.encoding_of(mapping)  # mended rows are written as UTF-8
        encodings = (stated,) if stated else AT_HOME
        landed = prepare(path, self.workspace, sheet=mapping.sheet, decimal=mapping.decimal, encodings=encodings)
        if not landed.encoding.startswith("utf-8"):
            self.progress(f"{name} is read as {landed.encoding}")
        first_landed = self.ledger.first_landed(content)
        how = Reading(self.source, mapping, self.settings.reading_policies, first_landed, content)
        read_file(self.session, how, landed, name)
        self.ledger.keep_released(content)
        rows = self._require_sound_rows(name, replaces)
        lines = self._stage(mapping, reading)
        leads = self._months_of_leads() if mapping.loads == LEADS else None
        feeds = tuple(dict.fromkeys((mapping.loads, *(load.loads for load in mapping.also))))
        run_id, encoding = self.ledger.mark.run_id, landed.encoding
        return Delivery(0, 0, name, content, reading, mapping.loads, feeds, encoding, rows, run_id, lines, leads)

    def _require_sound_rows(self, name: str, replaces: bool) -> int:
        """How many rows the file has.

        Args:
            replaces: whether it would take the place of another: then nothing but other days is a mistake too.

        Raises:
            FileRefused: none of its rows is sound, and the faults are such that its mapping may be wrong.
            NothingToMend: it holds mended rows, of which none lies in quarantine.
        """
        rows, sound = self.session.rows(
            "select count(*) + (select count(*) from rejected_rows), count(*) - count(reason) from parsed"
        )[0]
        reasons = [
            reason
            for reason, _ in self.session.rows(
                """select reason, count(*) from (
                    select reason from parsed union all select 'unreadable' from rejected_rows
                ) group by reason order by 2 desc, 1"""
            )
        ]
        if reasons == ["not_quarantined"]:
            raise NothingToMend(
                f"{name}: the rows that it mends lie in quarantine no more, or not yet. Deliver the file that they are "
                "of again, or remove this one."
            )
        mistakes = OF_THE_MAPPING | (OF_OTHER_DAYS if replaces else set())
        if rows and not sound and mistakes.issuperset(reasons):
            raise FileRefused(
                f"{name}: none of its {rows:,} rows can be loaded, most often {reasons[0]}. "
                f"Compare its columns with the mapping file {self.source.name}.yaml."
            )
        return int(rows)

    def _stage(self, mapping: FileMapping, reading: str) -> tuple[tuple[date, int], ...]:
        """Write the sound rows of ``parsed``; returns the lines by month."""
        for load in mapping.also:
            self._stage_dimension(load, reading, derived=True)
        if mapping.loads == LINES:
            return self._stage_lines(reading)
        self._stage_dimension(mapping, reading, derived=False)
        return ()

    def _months_of_leads(self) -> tuple[date, date] | None:
        """First and last month in which sound leads of ``parsed`` came in; none has, of none."""
        first, last = self.session.rows("select min(created_at), max(created_at) from parsed where reason is null")[0]
        return None if first is None else (month_of(first), month_of(last))

    def _stage_lines(self, reading: str) -> tuple[tuple[date, int], ...]:
        """Write the sound lines by month, each once; returns how many."""
        months = self.session.rows("select distinct month from parsed where reason is null order by month")
        columns, found = ", ".join(line_columns()), []
        for (month,) in months:
            file = staged_month_file(self.settings.staging, month, reading)
            write_parquet(
                self.session,
                f"select distinct {columns} from parsed "
                f"where reason is null and month = date {literal(month.isoformat())}",
                file,
            )
            found.append((month, int(self.session.scalar(f"select count(*) from read_parquet({literal(str(file))})"))))
        return tuple(found)

    def _stage_dimension(self, load: Load, reading: str, *, derived: bool) -> None:
        """Write a dimension's distinct rows with how often each stands in the file."""
        names = list(mapping_sql.canonical(load))
        key = next(iter(names))
        if load.loads == "daily_signals":
            parts = [
                f"select date, {literal(s)} as signal, {identifier('signal ' + s)} as value from parsed "
                "where reason is null"
                for s in load.signals
            ]
            made, names = " union all ".join(parts), ["date", "signal", "value"]
        elif derived:
            columns = ", ".join(f"{identifier(f'{load.loads} {n}')} as {n}" for n in names)
            made = f"select {columns} from parsed where {identifier(f'{load.loads} {key}')} is not null"
        else:
            names += ["attributes"] if load.loads == LEADS else []
            made = f"select {', '.join(names)} from parsed where reason is null"
        listed = ", ".join(names)
        write_parquet(
            self.session,
            f"select {listed}, {literal(reading)} as reading_hash, {int(derived)} as derived, count(*) as rows "
            f"from ({made}) group by {listed}",
            dimension_file(self.settings.staging, load.loads, reading),
        )
