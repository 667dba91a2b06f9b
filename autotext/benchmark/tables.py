"""A comparison written as Markdown, as LaTeX for a paper, and as CSV."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from autotext.benchmark.comparison import COSTS, GROUPS, Comparison, Table
from autotext.benchmark.grid import grouped
from autotext.benchmark.lines import arm_label
from autotext.benchmark.sheets import Cell, Sheet, budget_sheets, sheets_of
from autotext.errors import BenchmarkError, describe_error
from autotext.fingerprint import canonical
from autotext.writing import write_file

# Columns up to which their heads stand upright in LaTeX.
_MOST_COLUMNS = 8
_LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "†": r"$^{\dagger}$",
          "∞": r"$\infty$", "−": "$-$", "–": "--", "<": "$<$", ">": "$>$", **{sign: f"\\{sign}" for sign in "&%$#_{}"}}


def write_tables(comparison: Comparison, folder: Path) -> tuple[Path, ...]:
    """Write the tables of a comparison.

    Parameters
    ----------
    comparison : Comparison
    folder : Path
        An existing folder, which gets ``comparison.md``, ``comparison.tex``, ``scores.csv``, ``arms.csv`` and ``pairs.csv``.

    Returns
    -------
    tuple of Path

    Raises
    ------
    BenchmarkError
        A file cannot be written.
    """
    texts = {"comparison.md": to_markdown(comparison), "comparison.tex": to_latex(comparison), **to_csv(comparison)}
    for name, text in texts.items():
        try:
            write_file(folder / name, text.encode("utf-8", "replace"))
        except OSError as error:
            raise BenchmarkError(f"{str(folder / name)!r} cannot be written: {describe_error(error)}.") from error
    return tuple(folder / name for name in texts)


def to_markdown(comparison: Comparison) -> str:
    r"""Write a comparison as Markdown: arms, scores, pairs and costs of each table, notes, versions and machines.

    Parameters
    ----------
    comparison : Comparison

    Examples
    --------
    >>> line = {"version": 1, "task": "snips", "family": "snips", "language": "en", "kind": "multiclass", "fingerprint": "aa",
    ...         "arm": "tfidf_lr", "arm_kind": "model", "encoder": "", "seed": 0, "seconds": 60.0, "cpus": 1, "status": "ok",
    ...         "metric": "accuracy", "score": 0.9, "floor": 0.2}
    >>> print("\n".join(to_markdown(Comparison.from_lines([line])).splitlines()[:8]))
    # Benchmark at 60 s on 1 core
    <BLANKLINE>
    ## Single-label tasks: arms
    <BLANKLINE>
    | Arm | Kind | Mean rank | Improvability, % | Mean score | Best on | Imputed |
    | --- | --- | ---: | ---: | ---: | ---: | ---: |
    | tfidf_lr | model | **1.00** | 0.0 | 0.900 | 1 | 0 |
    <BLANKLINE>
    """
    sheets = [*(sheet for table in comparison.tables for sheet in sheets_of(table)), *budget_sheets(comparison)]
    blocks = ["# " + _markdown(" ".join(filter(None, ("Benchmark", ", ".join(comparison.suites), f"at {comparison.limits}"))))]
    for sheet in sheets:
        lines = [f"## {_markdown(sheet.title)}", "", _row(map(_markdown, sheet.columns)),
                 _row("---" if number < sheet.n_labels else "---:" for number in range(len(sheet.columns)))]
        lines += [_row(map(_markdown_cell, row)) for row in sheet.rows]
        blocks += ["\n".join(lines), *map(_markdown, sheet.remarks), _bullets(sheet.details)]
    about = {"Notes": comparison.notes, "Versions": _versions(comparison), "Machines": _machines(comparison)}
    for title, sentences in about.items():
        blocks += [f"## {title}", _bullets(sentences)] if sentences else []
    return "\n\n".join(filter(None, blocks)) + "\n"


def to_latex(comparison: Comparison) -> str:
    r"""Write a comparison as LaTeX tables for a paper, which uses the packages booktabs and graphicx.

    Parameters
    ----------
    comparison : Comparison

    Examples
    --------
    >>> line = {"version": 1, "task": "snips", "family": "snips", "language": "en", "kind": "multiclass", "fingerprint": "aa",
    ...         "arm": "tfidf_lr", "arm_kind": "model", "encoder": "", "seed": 0, "seconds": 60.0, "cpus": 1, "status": "ok",
    ...         "metric": "accuracy", "score": 0.9, "floor": 0.2}
    >>> [row for row in to_latex(Comparison.from_lines([line])).splitlines() if row.startswith("tfidf")][0]
    'tfidf\\_lr & model & \\textbf{1.00} & 0.0 & 0.900 & 1 & 0 \\\\'
    """
    sheets = [*(sheet for table in comparison.tables for sheet in sheets_of(table)), *budget_sheets(comparison)]
    head = [r"% In the preamble: \usepackage{booktabs,graphicx}", *(f"% {_on_line(note)}" for note in comparison.notes)]
    return "\n".join([*head, *(_latex_table(sheet, str(comparison.limits)) for sheet in sheets)]) + "\n"


def to_csv(comparison: Comparison) -> dict[str, str]:
    """Write a comparison as CSV: scores of arms on tasks, arms of each table, and each two arms of each table.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    dict of str to str
        By name of file. Numbers have all their digits.
    """
    groups = [table for table in comparison.tables if table.title in GROUPS]
    return {"scores.csv": _csv(row for table in groups for row in _score_rows(table)),
            "arms.csv": _csv(row for table in comparison.tables for row in _arm_rows(table)),
            "pairs.csv": _csv(row for table in comparison.tables for row in _pair_rows(table))}


def _score_rows(table: Table) -> Iterable[dict[str, object]]:
    for row, task in enumerate(table.tasks):
        for column, arm in enumerate(table.arms):
            yield {"task": task, "family": table.families[task], "language": table.languages[task],
                   "metric": table.metrics[task], "floor": table.floors[task], "arm": arm, "arm_kind": table.arm_kinds[arm],
                   "score": float(table.scores[row, column]), "seeds": int(table.seeds[row, column]),
                   "all_seeds": table.n_seeds[task], "imputed": int(table.imputed[row, column]),
                   "reason": table.reasons.get((task, arm), "")}


def _arm_rows(table: Table) -> Iterable[dict[str, object]]:
    for number, arm in enumerate(table.arms):
        row: dict[str, object] = {"table": table.title, "arm": arm, "arm_kind": table.arm_kinds[arm],
                                  "mean_rank": float(table.ranks[number])}
        for name, values in (("mean_score", table.means), ("elo", table.elo), ("improvability", table.improvability)):
            value, low, high = values.get(arm, (math.nan,) * 3)
            row |= {name: value, f"{name}_low": low, f"{name}_high": high}
        against = table.against_best(arm)
        row |= {"above_best_peer": against and against.share, "points_from_best_peer": against and against.points}
        yield {**row, "best_on": int(table.bests[:, number].sum()), "imputed": int(table.imputed[:, number].sum()),
               **{name: table.costs[arm][name] for name in COSTS},
               "runs": " ".join(f"{status}={count}" for status, count in sorted(table.statuses[arm].items()))}


def _pair_rows(table: Table) -> Iterable[dict[str, object]]:
    for number, arm in enumerate(table.arms):
        for other, name in enumerate(table.arms):
            if number != other:
                wins, ties, losses = table.wins[number, other].tolist()
                yield {"table": table.title, "arm": arm, "other": name, "wins": wins, "ties": ties, "losses": losses,
                       "holm_p": float(table.pairwise_p[number, other])}


def _csv(rows: Iterable[Mapping[str, object]]) -> str:
    rows = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: "" if value is None or value != value else value for name, value in row.items()} for row in rows)
    return text.getvalue()


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _bullets(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {_markdown(sentence)}" for sentence in sentences)


def _markdown_cell(cell: Cell) -> str:
    text = _markdown(cell.text) + ("†" if cell.is_imputed else "")
    return f"**{text}**" if cell.is_best else text


def _markdown(text: str) -> str:
    """Text on one line, where nothing of it is read as Markdown or HTML; an underscore inside of a word is none."""
    text = re.sub(r"([\\|*`\[\]~])|(?<!\w)_|_(?!\w)", lambda match: f"\\{match[0]}", _on_line(text))
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _on_line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _latex_table(sheet: Sheet, limits: str) -> str:
    label = re.sub(r"[^a-z0-9]+", "-", sheet.title.lower()).strip("-")
    is_wide = len(sheet.columns) > _MOST_COLUMNS
    heads = [f"\\rotatebox{{60}}{{{_latex(name)}}}" if is_wide and number >= sheet.n_labels else _latex(name)
             for number, name in enumerate(sheet.columns)]
    rows = [" & ".join(map(_latex_cell, row)) + r" \\" for row in sheet.rows]
    caption = " ".join(map(_latex, (f"{sheet.title}, {limits}.", *sheet.remarks)))
    return "\n".join([
        "", *(f"% {_on_line(detail)}" for detail in sheet.details), r"\begin{table}", r"\centering",
        *([r"\small", r"\setlength{\tabcolsep}{3pt}"] if is_wide else []), f"\\caption{{{caption}}}", f"\\label{{tab:{label}}}",
        f"\\begin{{tabular}}{{{'l' * sheet.n_labels}{'r' * (len(sheet.columns) - sheet.n_labels)}}}", r"\toprule",
        " & ".join(heads) + r" \\", r"\midrule", *rows, r"\bottomrule", r"\end{tabular}", r"\end{table}"])


def _latex_cell(cell: Cell) -> str:
    text = _latex(cell.text)
    return (f"\\textbf{{{text}}}" if cell.is_best else text) + (_LATEX["†"] if cell.is_imputed else "")


def _latex(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in _on_line(text))


def _versions(comparison: Comparison) -> tuple[str, ...]:
    versions: dict[str, set[str]] = {arm: {f"{package} {version}" for line in lines
                                           for package, version in (line["versions"] or {}).items()}
                                     for arm, lines in grouped(comparison.lines, arm_label).items()}
    return tuple(f"{arm}: {', '.join(sorted(named))}" for arm, named in versions.items() if named)


def _machines(comparison: Comparison) -> tuple[str, ...]:
    machines = {canonical(line["machine"]): line["machine"] for line in comparison.lines if line["machine"]}
    return tuple(", ".join(f"{name}: {value}" for name, value in sorted(machine.items()))
                 for _, machine in sorted(machines.items()))
