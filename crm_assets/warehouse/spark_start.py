"""A Spark process: how it is started, and what is said where it cannot be.

One for a Python process, in its own JVM; sessions are made of it. What it is asked to do is in ``spark_engine``.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from crm_assets.warehouse.queries import WarehouseError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_SIZE = re.compile(r"(\d+)\s*([KMGT])i?B?", re.IGNORECASE)
_MEANING_AS_DUCKDB = {  # so that a text means the same on both engines
    "spark.sql.ansi.enabled": "true",  # an overflow, a wrong cast, a division by 0: an error, never null
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
}
# Spark makes this folder, by default where it was started; it stays empty.
_NO_TABLES = Path(tempfile.gettempdir()) / f"crm-assets-{os.getuid()}" / "spark-warehouse"
_QUIET = Path(__file__).with_name("log4j2.properties")
_OURS = {
    "spark.driver.defaultJavaOptions": f"-Dlog4j2.configurationFile={_QUIET}",
    "spark.sql.warehouse.dir": str(_NO_TABLES),
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.driver.maxResultSize": "0",  # what comes to Python is samples and batches already
}
# On one machine: 200 partitions, Spark's default, cost more than the work. A master of several has the default.
_LOCAL = {
    "spark.sql.shuffle.partitions": "4",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


def started(master: str, memory_limit: str, conf: str = "") -> SparkSession:
    """The Spark of this process; the first call starts it.

    Args:
        conf: further settings of Spark, ``key=value`` separated by semicolons; they win over ours, but for those that
            give a query its meaning.

    Raises:
        WarehouseError: PySpark or Java is missing, or the master cannot be reached; says the remedy.
    """
    require_spark()
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    given = {"spark.driver.memory": _memory(memory_limit), **_OURS}
    given |= _LOCAL if master.startswith("local") else {}
    given |= _pairs(conf) | _MEANING_AS_DUCKDB
    if not master.startswith("local") and os.environ.get("SPARK_LOCAL_IP") == "127.0.0.1":
        del os.environ["SPARK_LOCAL_IP"]  # pandera sets it; executors of other machines would not find the driver
    running = SparkSession.getActiveSession()
    if running is not None and running.sparkContext.master != master:
        raise WarehouseError(
            f"this process has Spark on {running.sparkContext.master} already, not on {master}. One process has one "
            "CRM_SPARK_MASTER: start another."
        )
    builder = SparkSession.builder.master(master).appName("crm-assets")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # what scores on the executors needs this environment
    for name, value in given.items():
        builder = builder.config(name, value)
    try:
        spark = builder.getOrCreate()
    except PySparkException as error:
        raise WarehouseError(
            f"Spark does not start on {master}: {str(error).splitlines()[0]}. Look at what Java printed, and at "
            "CRM_SPARK_MASTER and CRM_SPARK_CONF."
        ) from error
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def require_spark() -> None:
    """
    Raises:
        WarehouseError: PySpark or Java is not installed; says the remedy.
    """
    try:
        import pyspark  # noqa: F401 - whether it is there
    except ImportError as error:
        raise WarehouseError(
            f"CRM_ENGINE=spark needs PySpark ({error}). Install it in the project's folder: .venv/bin/pip install "
            "-e '.[spark]'; or unset CRM_ENGINE."
        ) from error
    home = os.environ.get("JAVA_HOME")
    if not (home and (Path(home) / "bin" / "java").exists()) and shutil.which("java") is None:
        raise WarehouseError(
            "CRM_ENGINE=spark needs Java 17 or newer, and there is none. On Debian and Ubuntu: apt-get install "
            "default-jre-headless; elsewhere set JAVA_HOME; or unset CRM_ENGINE."
        )


@contextmanager
def full_disk_told() -> Iterator[None]:
    """
    Raises:
        OSError: an executor, or the driver, could not write: the disk is full or read-only.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        for number in (errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EACCES):
            if os.strerror(number) in str(error):
                raise OSError(number, os.strerror(number)) from error
        raise


def _memory(limit: str) -> str:
    """``3GB`` as Spark writes it."""
    found = _SIZE.fullmatch(limit.strip())
    if found is None:
        raise WarehouseError(f"CRM_MEMORY_LIMIT={limit!r}: for Spark write a whole number and a unit, as 3GB.")
    return f"{found[1]}{found[2].lower()}"


def _pairs(conf: str) -> dict[str, str]:
    parts = [part.strip() for part in conf.split(";") if part.strip()]
    if wrong := [part for part in parts if "=" not in part or not part.startswith("spark.")]:
        raise WarehouseError(f"CRM_SPARK_CONF: {wrong[0]!r} is no setting; write spark.key=value;spark.other=value.")
    return dict(part.split("=", 1) for part in parts)
