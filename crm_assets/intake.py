"""The intake: every file of the landing folder whose content is new is read once, its rows staged, counted or put
aside.

Sound rows go to Parquet by table and month, the others to the quarantine with their first reason; the ledger is written
last. Other content under a known name takes the place of what was there, unless the mapping says that it adds to it.
What a month's table makes of the staged rows is ``sql/raw_transactions.sql``'s.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import duckdb

from crm_assets import mapping_sql
from crm_assets.contracts.base import identifier, literal
from crm_assets.contracts.gate import ContractBroken
from crm_assets.deliveries import Delivery
from crm_assets.landed_text import content_hash, prepare
from crm_assets.landing import FileRefused, entries, require_plain, require_unchanged, shown, state
from crm_assets.ledger import Ledger, RunMark
from crm_assets.reading import Reading, read_file
from crm_assets.settings import Settings
from crm_assets.sources import FileMapping, Load, Source
from crm_assets.staging import LINES, StagedRowsGone, dimension_file, forget, staged_month_file, write_parquet
from crm_assets.warehouse import Session, WarehouseError, cannot_write


@dataclass
class Intake:
    """What one look at the landing folder brought: names of files, and why some were refused."""

    loaded: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    outdated: list[str] = field(default_factory=list)  # read by an older mapping or policy, and not in the folder
    refused: dict[str, str] = field(default_factory=dict)

    def sort(self, path: Path, is_new: bool) -> None:
        (self.loaded if is_new else self.known).append(path.name)


def take_in(
    session: Session,
    source: Source,
    settings: Settings,
    mark: RunMark,
    progress: Callable[[str], None] = lambda line: None,
) -> Intake:
    """Read every file of the landing folder that the ledger does not know yet.

    A file that cannot be read is refused and leaves no trace but its line in ``refused_files``; the others are loaded.

    Raises:
        FileRefused: the folder is missing or empty and nothing was ever landed, or the ledger is another source's.
        WarehouseError: the data folder cannot be written, or staged rows are gone; what was read before is kept.
    """
    landing, ledger = settings.landing, Ledger(session, settings.staging, source.name, mark)
    files, result = entries(landing), Intake()
    _require_source(session, source)
    if not files and not ledger.counting():
        raise FileRefused(f"{landing} holds no file. Put receipts there, or run `crm demo` for a sample.")
    one = _OneFile(session, source, settings, ledger, frozenset(path.name for path in files), progress)
    broken = [d for d in ledger.counting() if not d.is_complete(settings.staging)]
    try:
        for path in files if broken else ():
            _refusal(one, path, lambda: one.stage_again(path, broken))  # noqa: B023 - called at once
        for path in files:
            if why := _refusal(one, path, lambda: result.sort(path, one.take(path))):  # noqa: B023
                result.refused[shown(path.name)] = why
                ledger.refuse(path.name, why)
    finally:
        shutil.rmtree(one.workspace, ignore_errors=True)
    result.removed = [shown(name) for name in ledger.look([path.name for path in files])]
    result.outdated = sorted({shown(d.file_name) for d in ledger.counting() if one.is_outdated(d)} - {*result.refused})
    return result


def _refusal(one: _OneFile, path: Path, work: Callable[[], None]) -> str | None:
    """Do the work on a file; returns why it was refused."""
    try:
        work()
    except (FileRefused, StagedRowsGone) as error:
        return str(error)
    except (duckdb.Error, ContractBroken, OSError) as error:
        if cannot_write(error) and not _cannot_read(path):
            raise WarehouseError(
                f"{shown(path.name)} could not be taken in, because {one.settings.data} cannot be written: {error}. "
                "Make room or mend the folder's rights, and refresh again; what was stored before is unchanged."
            ) from error
        first_line = str(error).splitlines()[0]
        return f"{shown(path.name)} cannot be loaded: {first_line}. Mend it, or its rights, and deliver it again."
    return None


def _cannot_read(path: Path) -> bool:
    return not os.access(path, os.R_OK)


def _require_source(session: Session, source: Source) -> None:
    others = {name for (name,) in session.rows("select distinct source from landed_files")} - {source.name}
    if others:
        raise FileRefused(
            f"{session.database} holds receipts of the source {sorted(others)}, not {source.name!r}. "
            "Set CRM_SOURCE to it, or CRM_DATA_DIR to another folder."
        )


@dataclass
class _OneFile:
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

    def take(self, path: Path) -> bool:
        """Whether the file brought something that the ledger did not know."""
        require_plain(path)
        before = state(path)
        mapping, content = self._mapping_of(path), content_hash(path)
        reading = self.source.reading_hash(content, mapping, self.settings.reading_policies)
        counting = self.ledger.counting()
        alike = [d for d in counting if d.reading_hash == reading]
        if any(d.file_name == path.name for d in alike):
            self.ledger.accept(path.name)
            return False
        replaced = self._replaced(path.name, mapping, content, reading, counting)
        no, anew = self.ledger.next_no(), [d.delivered_no for d in replaced if d.content_hash == content]
        numbers = {"landing_no": no, "delivered_no": min(anew, default=no)}
        if beside := [d for d in alike if d not in replaced]:
            copy = replace(beside[0], file_name=path.name, run_id=self.ledger.mark.run_id, **numbers)
            self.ledger.enter(copy, replaced, counting, is_copy=True)
        else:
            new = replace(self._read(path, mapping, content, reading, must_be_sound=not anew), **numbers)
            try:
                require_unchanged(path, before)
                self.ledger.enter(new, replaced, counting, is_copy=False)
            except (FileRefused, ContractBroken):
                self._forget_unless_landed(reading)
                raise
        for old in {d.reading_hash for d in replaced if d.content_hash == content} - {reading}:
            self._forget_unless_landed(old, "status = 'loaded'")
        return True

    def _replaced(
        self, name: str, mapping: FileMapping, content: str, reading: str, counting: Sequence[Delivery]
    ) -> list[Delivery]:
        """The deliveries whose place a file takes: of its name; of its content, when they were read in another way than
        now or by a name that is gone; and the mended rows of those that are no more."""
        replaced = [
            d
            for d in counting
            if (d.file_name == name and (mapping.same_name == "replaces" or d.content_hash == content))
            or (d.content_hash == content and self.is_outdated(d))
            or (d.reading_hash == reading and d.file_name not in self.in_folder)
        ]
        kept = {content, *(d.content_hash for d in counting if d not in replaced)}
        mended = self.ledger.mended_of({d.content_hash for d in replaced} - kept, counting)
        return [*replaced, *(d for d in mended if d not in replaced)]

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
        if not any(d.file_name == path.name for d in broken):
            return
        mapping = self._mapping_of(path)
        content = content_hash(path)
        reading = self.source.reading_hash(content, mapping, self.settings.reading_policies)
        if any(d.reading_hash == reading for d in broken):
            self._read(path, mapping, content, reading, must_be_sound=False)

    def _mapping_of(self, path: Path) -> FileMapping:
        mapping = self.source.mapping_of(path.name)
        if mapping is None:
            patterns = ", ".join(m.match for m in self.source.files)
            raise FileRefused(
                f"{path.name}: the source {self.source.name} knows no file of this name, only {patterns}. "
                "Rename it, or add it to the mapping file."
            )
        return mapping

    def _read(self, path: Path, mapping: FileMapping, content: str, reading: str, *, must_be_sound: bool) -> Delivery:
        """Make ``parsed`` and ``rejected_rows``, and stage the sound rows; the delivery has no number yet."""
        self.progress(f"reading {path.name}")
        landed = prepare(path, self.workspace, sheet=mapping.sheet)
        how = Reading(self.source, mapping, self.settings.reading_policies, self.ledger.first_landed(content))
        read_file(self.session, how, landed, path.name)
        self.ledger.keep_released(content)
        rows = self._require_sound_rows(path.name, must_be_sound)
        lines = self._stage(mapping, reading)
        feeds = tuple(dict.fromkeys((mapping.loads, *(load.loads for load in mapping.also))))
        run_id, encoding = self.ledger.mark.run_id, landed.encoding
        return Delivery(0, 0, path.name, content, reading, mapping.loads, feeds, encoding, rows, run_id, lines)

    def _require_sound_rows(self, name: str, must_be_sound: bool) -> int:
        """How many rows the file has.

        Raises:
            FileRefused: it has rows, one of them must be sound, and none is.
        """
        rows, sound = self.session.rows(
            "select count(*) + (select count(*) from rejected_rows), count(*) - count(reason) from parsed"
        )[0]
        if rows and not sound and must_be_sound:
            reasons = self.session.rows(
                "select reason, count(*) from parsed group by reason order by 2 desc, 1 limit 1"
            )
            raise FileRefused(
                f"{name}: none of its {rows:,} rows can be loaded, most often "
                f"{reasons[0][0] if reasons else 'unreadable'}. "
                f"Compare its columns with the mapping file {self.source.name}.yaml."
            )
        return int(rows)

    def _stage(self, mapping: FileMapping, reading: str) -> tuple[tuple[date, int], ...]:
        """Write the sound rows of ``parsed``; returns the lines by month."""
        for load in mapping.also:
            self._stage_dimension(load, reading, derived=True)
        if mapping.loads == LINES:
            return self._stage_lines(mapping, reading)
        self._stage_dimension(mapping, reading, derived=False)
        return ()

    def _stage_lines(self, mapping: FileMapping, reading: str) -> tuple[tuple[date, int], ...]:
        """Write the sound lines by month, each once; returns how many."""
        months = self.session.rows("select distinct month from parsed where reason is null order by month")
        columns = ", ".join([*mapping_sql.canonical(mapping), "record_type", "detail"])
        found = []
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
            made = f"select {', '.join(names)} from parsed where reason is null"
        listed = ", ".join(names)
        write_parquet(
            self.session,
            f"select {listed}, {literal(reading)} as reading_hash, {int(derived)} as derived, count(*) as rows "
            f"from ({made}) group by {listed}",
            dimension_file(self.settings.staging, load.loads, reading),
        )
