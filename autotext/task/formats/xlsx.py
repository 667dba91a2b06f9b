"""Files of Excel."""

from __future__ import annotations

import io
import zipfile

from autotext.task.excel import read_xlsx
from autotext.task.formats.format import BinaryFormat
from autotext.task.formats.registry import register_format


def _recognise(data: bytes) -> bool:
    if not data.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return False


register_format(BinaryFormat("an Excel file", (".xlsx",), read_xlsx, _recognise))
