"""Where the rows of a task are published, and how the files there are read into rows."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field

from autotext.benchmark.yaml_section import Section

FORMATS = ("delimited", "json", "lines", "hub")
SIDES = ("train", "test")
RAW = "https://raw.githubusercontent.com"
"""Where the files of repositories of GitHub are served."""


@dataclass(frozen=True)
class Source:
    """The public source of a task.

    Parameters
    ----------
    repository : str, default=""
        Repository of GitHub, ``owner/name``.
    hub : str, default=""
        Data set of the Hugging Face hub, ``owner/name``.
    url : str, default=""
        Web address below which the files are, or what else tells where the rows are from.
    revision : str, default=""
        Commit of the repository.
    files : dict of str to tuple of tuples of str
        Files by side, ``"train"`` and ``"test"``, or all under ``""`` where rows of one file go to both; a tuple of two holds
        texts and labels, line by line.
    licence, split, notes, contamination : str
        What is said of the licence; how training and test rows were parted; and what to know about the rows.

    Examples
    --------
    >>> source = Source("owner/name", revision="0123456789abcdef")
    >>> source.place, source.address("a.csv")
    ('github.com/owner/name@0123456789', 'https://raw.githubusercontent.com/owner/name/0123456789abcdef/a.csv')
    """

    repository: str = ""
    hub: str = ""
    url: str = ""
    revision: str = ""
    files: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    licence: str = "not stated"
    split: str = ""
    notes: str = ""
    contamination: str = ""

    @classmethod
    def read(cls, section: Section) -> Source:
        """Read the source in a task file.

        Parameters
        ----------
        section : Section

        Raises
        ------
        BenchmarkError
            A key is missing, unknown or of another type.
        """
        section.check_keys("repository", "hub", "url", "revision", "files", "licence", "split", "notes", "contamination")
        keys = ("repository", "hub", "url", "revision", "split", "notes", "contamination")
        texts = {key: section.text(key, "") for key in keys}
        if sum(bool(texts[key]) for key in ("repository", "hub", "url")) != 1:
            raise section.error("", "needs one of repository (GitHub), hub and url.")
        if texts["repository"] and not texts["revision"]:
            raise section.error("revision", "the key is missing: the commit whose files are meant.")
        if texts["revision"] and not texts["repository"]:
            raise section.error("revision", "goes with repository only; other sources are read as they are now, and "
                                            "fingerprint tells whether they have changed.")
        return cls(**texts, files=_files(section), licence=section.text("licence"))

    @property
    def place(self) -> str:
        """Where the rows are published, in short."""
        if self.repository:
            return f"github.com/{self.repository}@{self.revision[:10]}"
        return f"hub:{self.hub}" if self.hub else self.url

    def address(self, file: str) -> str:
        """Web address of a file.

        Parameters
        ----------
        file : str
        """
        return f"{RAW}/{self.repository}/{self.revision}/{file}" if self.repository else f"{self.url.rstrip('/')}/{file}"

    @property
    def file_names(self) -> list[str]:
        """All files, each once."""
        return list(dict.fromkeys(name.partition("#")[0] for side in self.files.values() for files in side for name in files))


def _files(section: Section) -> dict[str, tuple[tuple[str, ...], ...]]:
    value = section.values.get("files", [])
    if not isinstance(value, Mapping):
        return {"": tuple((name,) for name in section.texts("files", ()))}
    sides = section.section("files")
    sides.check_keys(*SIDES)
    return {side: tuple(_pair(sides, side, place) for place in range(len(_listed(sides, side)))) for side in SIDES}


def _listed(sides: Section, side: str) -> list[object]:
    value = sides.values.get(side)
    if not isinstance(value, list) or not value:
        raise sides.error(side, "must be a list of files.")
    return value


def _pair(sides: Section, side: str, place: int) -> tuple[str, ...]:
    """A file, or the file of the texts and that of their labels."""
    files = Section({f"{side}[{place}]": _listed(sides, side)[place]}, sides.file, sides.path).texts(f"{side}[{place}]")
    if len(files) not in (1, 2):
        raise sides.error(f"{side}[{place}]", "must be a file, or [file of texts, file of labels].")
    return files


@dataclass(frozen=True)
class Layout:
    """How the files of a source are read into rows.

    Parameters
    ----------
    format : {"delimited", "json", "lines", "hub"}
        Fields in lines; objects or lists, a value for each line or one list of them in a file, of which ``name#key`` is a
        part; texts in one file and their labels in another; a data set of the hub.
    text : tuple of str
        Names of the columns of the text, which are joined by line breaks; numbers from 0 where columns have no names.
    label : str
        Name, or number, of the column of the label.
    header : bool, default=True
        Whether the first line of a delimited file has the names of its columns.
    separator : str, default=","
        What separates fields.
    quoted : bool, default=True
        Whether double quotes enclose fields, which may then hold separators and line breaks.
    strip : bool, default=False
        Whether white space around texts is removed.
    encoding : str, default="utf-8"
    test : str, default="test"
        Split of a data set of the hub with the test rows.
    labels : dict of str to str
        Names of labels that are coded in the files; empty: they are kept.
    """

    format: str
    text: tuple[str, ...]
    label: str
    header: bool = True
    separator: str = ","
    quoted: bool = True
    strip: bool = False
    encoding: str = "utf-8"
    test: str = "test"
    labels: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, section: Section, source: Source) -> Layout:
        """Read the layout in a task file, and check that it goes with the source.

        Parameters
        ----------
        section : Section
        source : Source

        Raises
        ------
        BenchmarkError
            A key is missing, unknown or of another type, or the source names no files for it.
        """
        section.check_keys("format", "text", "label", "header", "separator", "quoted", "strip", "encoding", "test", "labels")
        chosen = section.text("format")
        if chosen not in FORMATS:
            raise section.error("format", f"must be {', '.join(FORMATS[:-1])} or {FORMATS[-1]}, not {chosen!r}.")
        if (chosen == "hub") != bool(source.hub):
            raise section.error("format", "hub goes with source.hub, and the other formats with repository or url.")
        width = 2 if chosen == "lines" else 1
        if chosen != "hub" and (set(source.files) != set(SIDES)
                                or any(len(files) != width for side in source.files.values() for files in side)):
            what = "[file of texts, file of labels]" if width == 2 else "file"
            raise section.error("format", f"{chosen} needs source.files: {{train: [{what}, ...], test: [{what}, ...]}}.")
        layout = cls(chosen, section.texts("text", ("text",)), section.text("label", "label"), section.flag("header", True),
                     section.text("separator", ","), section.flag("quoted", True), section.flag("strip"),
                     section.text("encoding", "utf-8"), section.text("test", "test"), _labels(section.section("labels", {})))
        return layout._checked(section)

    def _checked(self, section: Section) -> Layout:
        try:
            codecs.lookup(self.encoding)
        except (LookupError, ValueError):
            raise section.error("encoding", f"there is no encoding {self.encoding!r}, e.g. utf-8.") from None
        if len(self.separator) != 1:
            raise section.error("separator", f"must be one character, not {self.separator!r}.")
        if self.format == "delimited" and not self.header and not all(map(str.isdecimal, (*self.text, self.label))):
            raise section.error("header", "without one, text and label must be numbers of columns, from 0.")
        return self


def _labels(section: Section) -> dict[str, str]:
    return {code: section.text(code) for code in section.values}
