"""The command line, ``autotext COMMAND``."""

from __future__ import annotations

import argparse
import json
import math
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from autotext.arguments import check_path
from autotext.budget import Budget
from autotext.cli.benchmark import add_benchmark_commands
from autotext.cli.experience import add_experience_commands
from autotext.cli.imports import add_import_option, import_modules
from autotext.cli.predictions import check_writable, predicted_rows, print_rows, write_rows
from autotext.cli.printing import print_json
from autotext.cli.recommendations import run_recommend
from autotext.cli.spaces import add_space_commands
from autotext.errors import ArtifactError, AutotextError, TaskError, describe_error
from autotext.optimize import optimize_pipeline
from autotext.pipeline import TextPipeline, load_pipeline
from autotext.pipeline.saving import check_target
from autotext.pipeline.text_pipeline import least_score
from autotext.progress import LiveProgress
from autotext.report import HEADER, class_averages, class_line, class_table
from autotext.report.page import check_page
from autotext.scoring.metrics import Metric
from autotext.search.storage import check_storage
from autotext.space import shipped_spaces
from autotext.task import Task
from autotext.task.formats import read_content
from autotext.task.inputs import Inputs, read_inputs
from autotext.workers.pool import Pool

# Seconds of computing that are kept for writing the pipeline and ending the process, and for the page of a report; and how
# often saving waits for the disk.
_SAVING, _PAGE, _SYNCS = 0.4, 0.4, 6
_EPILOG = """examples:
  autotext demo
  autotext optimize reviews.csv --text review --label stars --budget 2m --out reviews-pipeline
  autotext predict reviews-pipeline new.csv --out labelled.csv
  autotext evaluate reviews-pipeline held-out.csv
"""


def main(arguments: Sequence[str] | None = None, workers: Pool | None = None) -> None:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command and its options. None: those of the process.
    workers : Pool, optional
        Running worker processes for a search. None: it starts its own.

    Raises
    ------
    SystemExit
        With 2 if an argument or a file cannot be used, with 1 if nobody reads the output.

    Examples
    --------
    >>> main(["predict", "no-such-folder", "so good"])
    Traceback (most recent call last):
    SystemExit: 2
    """
    parsed = _parser().parse_args(arguments)
    parsed.started = workers
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        import_modules(parsed.imports)
        parsed.run(parsed)
        sys.stdout.flush()
    except AutotextError as error:
        sys.exit(_refuse(str(error)))
    except BrokenPipeError:
        # Nobody reads on; nor will what is still to be written, which Python tries once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _refuse(message: str) -> int:
    print(f"autotext: {message}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    about = "AutoML for text classification: find the best pipeline for labelled texts, and use it."
    parser = argparse.ArgumentParser(prog="autotext", description=about, epilog=_EPILOG,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="version", version=f"autotext {version('autotext')}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _optimize_parser(commands)
    _recommend_parser(commands)
    _demo_parser(commands)
    predict = commands.add_parser("predict", help="label the rows of a file",
                                  description="Label the rows of a file with a saved pipeline: every column is kept, "
                                  "label and score are added.")
    predict.add_argument("pipeline", metavar="DIR", type=_path, help="folder of the pipeline")
    predict.add_argument("file", metavar="FILE", help="csv, tsv, json, jsonl, parquet, xlsx or others, also with "
                         ".gz; -: a text on each line of standard input; or a single text in quotes")
    predict.add_argument("--out", metavar="F", type=_path,
                         help="csv, tsv, jsonl, parquet or xlsx; without it, csv on standard output")
    predict.add_argument("--text", action="append", help="text column, if it is called otherwise than in training")
    predict.add_argument("--min-score", type=float, metavar="X", help="rows with a lower score get no label")
    predict.add_argument("--max-error", type=float, metavar="X", help="leave as many rows without a label as must be, so that "
                         "no larger share of the others was wrong out of fold, e.g. 0.05")
    predict.add_argument("--scores", choices=["best", "all"], default="best", help="all: a column for each class, too")
    predict.add_argument("--encoding", help="of a text file that is not UTF-8, e.g. cp949")
    predict.set_defaults(run=_predict)
    explain = commands.add_parser("explain", help="show which words of a text speak for its label",
                                  description="Show which words of a text speak for its label, and which against it: each is "
                                  "left out in turn.")
    explain.add_argument("pipeline", metavar="DIR", type=_path, help="folder of the pipeline")
    explain.add_argument("text", metavar="TEXT", help="a text in quotes; -: standard input")
    explain.add_argument("--label", help="another label than the predicted one")
    explain.add_argument("--encoding", help="of standard input, if it is not UTF-8, e.g. cp949")
    explain.add_argument("--json", action="store_true", help="print JSON")
    explain.set_defaults(run=_explain)
    evaluate = commands.add_parser("evaluate", help="score a pipeline on labelled rows",
                                   description="Score a saved pipeline on the labelled rows of a file, class by class.")
    evaluate.add_argument("pipeline", metavar="DIR", type=_path, help="folder of the pipeline")
    _data_arguments(evaluate)
    evaluate.add_argument("--json", action="store_true", help="print JSON")
    evaluate.set_defaults(run=_evaluate)
    inspect = commands.add_parser("inspect", help="show what a pipeline is and how it was found",
                                  description="Show what a saved pipeline is and how it was found.")
    inspect.add_argument("pipeline", metavar="DIR", type=_path, help="folder of the pipeline")
    inspect.add_argument("--json", action="store_true", help="print JSON")
    inspect.set_defaults(run=_inspect)
    export = commands.add_parser("export", help="write a fine-tuned pipeline as a model of transformers",
                                 description="Write a fine-tuned pipeline as a folder that transformers.pipeline("
                                 "'text-classification', F) loads; the answers are the same.")
    export.add_argument("pipeline", metavar="DIR", type=_path, help="folder of the pipeline")
    export.add_argument("--out", metavar="F", type=_path, required=True, help="folder for the model; new or empty")
    export.set_defaults(run=_export)
    for command in commands.choices.values():
        add_import_option(command)
    add_space_commands(commands)
    add_experience_commands(commands)
    add_benchmark_commands(commands)
    return parser


def _path(text: str) -> Path:
    try:
        return check_path(text, "it")
    except AutotextError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _data_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="csv, tsv, json, jsonl, parquet, xlsx or others, also with .gz; a "
                        "folder with a train file, or hub:owner/name")
    parser.add_argument("--text", action="append", help="text column; repeat it for several; guessed if only one can be meant")
    parser.add_argument("--label", action="append", help="label column; likewise; several: columns of 0 and 1, each a class")
    parser.add_argument("--separator", help="parts several labels in one field, e.g. '|' (what parts the columns of a file "
                        "is found out)")
    parser.add_argument("--encoding", help="of a text file that is not UTF-8, e.g. cp949")


def _search_arguments(parser: argparse.ArgumentParser, budget: str, out: str) -> None:
    parser.add_argument("--metric", help="a scikit-learn scorer, e.g. f1_macro (default: accuracy, several labels: f1_micro)")
    parser.add_argument("--space", default="default", help=f"{', '.join(shipped_spaces())}, or a .yaml file (default: default)")
    parser.add_argument("--budget", help=f"time for everything, e.g. 90s, 5m, 1h (default: {budget}, with --trials no limit)")
    parser.add_argument("--trials", type=int, help="suggestions of the search to evaluate, each with variants in strength of "
                        "regularization; with --workers 1 and no --budget the same seed gives the same pipeline")
    parser.add_argument("--workers", type=int, help="worker processes (default: one per core)")
    parser.add_argument("--seed", type=int, default=0, help="of all random choices (default: 0)")
    parser.add_argument("--meta-learner", default="default", metavar="NAME",
                        help="what suggests the first configurations; none: a cold start (default: default)")
    parser.add_argument("--experience", type=_path, metavar="DIR", help="folder to which what the search finds is added, "
                        "numbers alone; what earlier searches left there is learned from, too")
    parser.set_defaults(default_budget=budget)
    parser.add_argument("--out", type=_path, metavar="DIR", help=f"folder for the pipeline (default: {out})")
    parser.add_argument("--report", type=_path, metavar="FILE", help="file ending in .html for the report as a page with plots "
                        "and texts of rows to check")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--verbose", action="store_true", help="print the whole report, as autotext inspect does later")


def _optimize_parser(commands: Any) -> None:
    parser = commands.add_parser("optimize", help="find the best pipeline for a file of labelled texts",
                                 description="Find the best pipeline for a file of labelled texts, refit it on all rows and "
                                 "save it. One Ctrl-C ends the search and keeps the best so far.")
    _data_arguments(parser)
    parser.add_argument("--language", help="ISO 639 code of the texts, e.g. ko")
    parser.add_argument("--test", metavar="FILE", help="rows that are never searched on and scored once")
    parser.add_argument("--storage", type=_path, metavar="DIR", help="folder in which the search survives a kill: the same "
                        "command goes on where the last one ended")
    parser.add_argument("--group", help="column whose equal values, e.g. one author's rows, are never parted in judging")
    parser.add_argument("--time", metavar="COLUMN", help="column of numbers or ISO dates, to see whether newer texts differ")
    parser.add_argument("--encoder", action="append", default=[], metavar="DIR_OR_ID", help="folder or hub id of static word "
                        "vectors (model2vec, StaticEmbedding) or of a transformer (extra encoders), which may stand beside "
                        "n-grams and be trained further; repeat it for several; auto: what suits language and budget")
    parser.add_argument("--transfer-from", action="append", default=[], metavar="DIR", help="folder of an earlier pipeline, "
                        "whose answers become features and whose network is trained further; repeat it for several")
    parser.add_argument("--label-issues", type=_path, metavar="F", help="csv, tsv, jsonl, parquet or xlsx with the rows whose "
                        "label is probably wrong, the most suspicious first")
    _search_arguments(parser, "5m", "FILE's name + '-pipeline'")
    parser.set_defaults(run=_optimize)


def _recommend_parser(commands: Any) -> None:
    parser = commands.add_parser("recommend", help="name the pipeline that prior tasks promise most of, without a search",
                                 description="Name the pipeline that prior tasks promise most of for a file of labelled texts, "
                                 "what to expect of it and how long it takes to fit; with --out, fit and save it.")
    _data_arguments(parser)
    parser.add_argument("--language", help="ISO 639 code of the texts, e.g. ko")
    parser.add_argument("--metric", help="a scikit-learn scorer, e.g. f1_macro (default: accuracy, several labels: f1_micro)")
    parser.add_argument("--space", default="default", help=f"{', '.join(shipped_spaces())}, or a .yaml file (default: default)")
    parser.add_argument("--seconds", type=float, default=5.0, help="that fitting may take, about (default: 5)")
    parser.add_argument("--experience", type=_path, metavar="DIR", help="folder with what earlier searches found")
    parser.add_argument("--seed", type=int, default=0, help="of all random choices (default: 0)")
    parser.add_argument("--out", type=_path, metavar="DIR", help="folder for the fitted pipeline; without it, none is fitted")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=_recommend)


def _demo_parser(commands: Any) -> None:
    parser = commands.add_parser("demo", help="the main job on a task that needs no download",
                                 description="Find the best pipeline for telling which package a docstring describes.")
    _search_arguments(parser, "45s", "autotext-demo")
    parser.set_defaults(run=_demo)


def _budget(arguments: argparse.Namespace, out: Path) -> Budget:
    """Budget of the process: what it took to get here, and will take to leave, is part of it."""
    default = arguments.default_budget if arguments.trials is None else None
    typed = default if arguments.budget is None else arguments.budget
    seconds = None if typed is None else Budget.parse(typed).seconds
    spent = max(0.0, time.time() - psutil.Process().create_time())
    # Where others use the processor, too, saving will take as many times as long as importing did.
    saving = _SAVING + (_PAGE if arguments.report is not None else 0.0)
    spent += saving * max(1.0, spent / max(time.process_time(), 0.1)) + _SYNCS * _sync_seconds(out)
    return Budget(seconds=seconds, trials=arguments.trials, spent=spent)


def _sync_seconds(folder: Path) -> float:
    """What it takes until something small is on the disk of a folder."""
    with tempfile.TemporaryFile(dir=next(parent for parent in folder.absolute().parents if parent.is_dir())) as file:
        file.write(b"x")
        file.flush()
        started = time.monotonic()
        os.fsync(file.fileno())
        return time.monotonic() - started


def _optimize(arguments: argparse.Namespace) -> None:
    out = _writable(arguments.out or Path(f"{Path(arguments.file.rpartition('/')[2]).name.split('.')[0]}-pipeline"))
    budget = _budget(arguments, out)
    _check_report(arguments.report, out)
    if arguments.label_issues is not None:
        _check_apart("A list of rows", "--label-issues", arguments.label_issues, out)
        check_writable(arguments.label_issues)
    if arguments.storage is not None:
        _check_apart("A search", "--storage", check_storage(arguments.storage), out)
    task = Task.read(arguments.file, text=arguments.text, label=arguments.label, test=arguments.test,
                     separator=arguments.separator, language=arguments.language, encoding=arguments.encoding,
                     groups=arguments.group, time=arguments.time)
    pipeline = _search(task, budget, arguments)
    _save(pipeline, out)
    if arguments.label_issues is not None:
        _write_label_issues(pipeline, arguments.label_issues)
    _write_report(pipeline, arguments.report)
    _print_report(pipeline, arguments)
    if not arguments.json:
        new = shlex.quote(arguments.file)
        rows = f"  # its {len(task.unlabelled):,} rows without a label, too" if task.unlabelled else ""
        folder = shlex.quote(str(out))
        own = "".join(f" --import {shlex.quote(name)}" for name in arguments.imports)
        print(f"\nSaved in {out}. Next:\n  autotext predict {folder} {new} --out labelled.csv{own}{rows}\n"
              f"  autotext inspect {folder}{own}")


def _write_label_issues(pipeline: TextPipeline, path: Path) -> None:
    """Write the rows whose label is probably wrong, for somebody to check."""
    assert pipeline.report is not None
    names = ("row", "text", "label", "suggested", "score")
    write_rows({name: [issue[name] for issue in pipeline.report.label_issues] for name in names}, path)


def _check_report(file: Path | None, out: Path) -> None:
    """Refuse a file for the page of a report that could not be written later, before any time is spent."""
    if file is not None:
        _check_apart("A report", "--report", file, out)
        check_page(file)


def _write_report(pipeline: TextPipeline, file: Path | None) -> None:
    assert pipeline.report is not None
    if file is not None:
        pipeline.report.save(file)
        print(f"The whole report is in {file}.", file=sys.stderr)


def _recommend(arguments: argparse.Namespace) -> None:
    out = None if arguments.out is None else _writable(arguments.out)
    recommendation = run_recommend(arguments)
    if out is not None:
        pipeline = recommendation.fit()
        _save(pipeline, out)
        assert pipeline.report is not None
        print(f"{pipeline.report.summary()}\nSaved in {out}.", file=sys.stderr)


def _demo(arguments: argparse.Namespace) -> None:
    from autotext.datasets import docstrings

    out = _writable(arguments.out or Path("autotext-demo"))
    budget = _budget(arguments, out)
    _check_report(arguments.report, out)
    pipeline = _search(docstrings(), budget, arguments)
    _save(pipeline, out)
    _write_report(pipeline, arguments.report)
    _print_report(pipeline, arguments)
    if not arguments.json:
        print(f"\nSaved in {out}. Next, with your own texts and labels:\n"
              "  autotext optimize YOUR.csv --text TEXT_COLUMN --label LABEL_COLUMN --budget 2m\n"
              f"  autotext inspect {out}   # the whole report")


def _search(task: Task, budget: Budget, arguments: argparse.Namespace) -> TextPipeline:
    chosen = getattr(arguments, "encoder", [])
    learner = None if arguments.meta_learner == "none" else arguments.meta_learner
    metric = Metric.named(arguments.metric, task.kind)
    limits = [f"{limit:g} {unit}" for limit, unit in ((budget.seconds, "s"), (budget.trials, "trials")) if limit is not None]
    print(f"{task.name}: {len(task):,} rows, {len(task.classes):,} classes, {task.kind}; optimizing {metric.name} "
          f"for {' or '.join(limits)}", file=sys.stderr, flush=True)
    with LiveProgress(budget) as progress:
        return optimize_pipeline(task, space=arguments.space, metric=arguments.metric, budget=budget, meta_learner=learner,
                                 experience=arguments.experience, workers=arguments.started or arguments.workers,
                                 seed=arguments.seed, storage=getattr(arguments, "storage", None), encoders=chosen,
                                 transfer_from=getattr(arguments, "transfer_from", ()), on_evaluation=progress)


def _writable(folder: Path, replace: bool = True) -> Path:
    """Refuse a folder that could not be written later, before any time is spent."""
    folder = check_path(folder, "--out")
    try:
        check_target(folder, replace)
    except ArtifactError as error:
        raise ArtifactError(f"{error} --out names another one.") from error
    return folder


def _check_apart(what: str, option: str, path: Path, out: Path) -> None:
    if Path(os.path.realpath(path)).is_relative_to(os.path.realpath(out)):
        raise ArtifactError(f"{what} cannot be kept in the folder of its pipeline: {option} {path} lies in --out {out}.")


def _save(pipeline: TextPipeline, out: Path) -> None:
    """Save what a search found: if not where it was asked for, then in a temporary folder, which is named."""
    try:
        pipeline.save(out)
    except ArtifactError as error:
        try:
            spare = pipeline.save(tempfile.mkdtemp(prefix="autotext-"))
        except (OSError, ArtifactError) as second:
            raise ArtifactError(f"{error} Nor could it be saved in the temporary folder: {describe_error(second)}.") from error
        raise ArtifactError(f"{error} It was saved in {str(spare)!r} instead.") from error


def _print_report(pipeline: TextPipeline, arguments: argparse.Namespace) -> None:
    assert pipeline.report is not None
    if arguments.json:
        print_json(pipeline.report.to_json())
    else:
        print(pipeline.report if arguments.verbose else pipeline.report.summary())


def _predict(arguments: argparse.Namespace) -> None:
    out = None if arguments.out is None else check_path(arguments.out, "--out")
    if out is not None:
        check_writable(out)
        if out.exists() and os.path.exists(arguments.file) and os.path.samefile(out, arguments.file):
            raise TaskError(f"{str(out)!r} is the file that is read, {arguments.file!r}; choose another file with --out.")
    pipeline = load_pipeline(arguments.pipeline)
    inputs = _rows_to_predict(arguments.file, arguments.encoding)
    least = least_score(pipeline, arguments.min_score, arguments.max_error)
    labelled, notes = predicted_rows(pipeline, inputs, arguments.text, least, arguments.scores == "all")
    for note in (*inputs.notes, *notes):
        print(f"! {note}", file=sys.stderr)
    if out is None:
        for note in print_rows(labelled):
            print(f"! {note}", file=sys.stderr)
    else:
        write_rows(labelled, out)
        print(f"{len(next(iter(labelled.values()), [])):,} rows labelled in {arguments.out}", file=sys.stderr)


def _explain(arguments: argparse.Namespace) -> None:
    pipeline = load_pipeline(arguments.pipeline)
    labels = {str(label): label for label in pipeline.classes_.tolist()}
    text = arguments.text
    if text == "-":
        inputs = _rows_to_predict("-", arguments.encoding)
        for note in inputs.notes:
            print(f"! {note}", file=sys.stderr)
        text = "\n".join(str(line) for line in next(iter(inputs.columns.values()), []))
    explanation = pipeline.explain(text, labels.get(arguments.label, arguments.label))
    if arguments.json:
        print_json(explanation.to_json())
    else:
        print(explanation)


def _rows_to_predict(source: str, encoding: str | None) -> Inputs:
    """Rows of a file, lines of standard input, or a single text."""
    if source == "-":
        if sys.stdin is None:
            raise TaskError("Standard input is closed; name a file, or write a text in quotes.")
        content = sys.stdin.buffer.read() if hasattr(sys.stdin, "buffer") else sys.stdin.read().encode()
        columns, notes = read_content(content, "standard input", ".txt", encoding)
        return Inputs(columns, "standard input", tuple(notes), plain=list(columns) == ["text"])
    path = Path(source)
    # A name without an ending that no file has, or several words: nobody calls a file so.
    is_name = source.startswith("hub:") or path.suffix or path.exists()
    if not is_name and (" " in source or os.sep not in source):
        note = f"There is no file {source!r}, so this is the text that is labelled."
        return Inputs({"text": [source]}, "the text", (note,), plain=True)
    return read_inputs(source, encoding)


def _evaluate(arguments: argparse.Namespace) -> None:
    pipeline = load_pipeline(arguments.pipeline)
    task = pipeline.fitted_.read_task(arguments.file, text=arguments.text, label=arguments.label, separator=arguments.separator,
                              encoding=arguments.encoding)
    metric = Metric.named(pipeline.metric, pipeline.kind_)
    predictions, probabilities = pipeline.fitted_.decide(task.texts)
    score = metric.score(task.targets, predictions, probabilities)
    table = class_table(task.targets, predictions, task.classes)
    averages = class_averages(pipeline.kind_, task.targets, predictions, len(task.classes))
    notes = [*task.findings, *metric.remarks(task.targets, task.classes)]
    for note in notes:
        print(f"! {note}", file=sys.stderr)
    if arguments.json:
        print_json({"metric": metric.name, "score": score, "rows": len(task), "classes": table, "averages": averages,
                     "notes": notes})
        return
    value = f"{score:.4f}" if math.isfinite(score) else "undefined"
    print("\n".join([f"{task.name}: {len(task):,} rows", f"{metric.name}: {value}", "", f"{HEADER}class",
                     *map(class_line, table), "", *map(class_line, averages)]))


def _export(arguments: argparse.Namespace) -> None:
    out = _writable(arguments.out, replace=False)
    load_pipeline(arguments.pipeline).save_transformers(out)
    print(f"Saved in {out}. Next, in Python:\n"
          f"  transformers.pipeline('text-classification', {str(out)!r})('새로운 문장을 입력하세요.')")


def _inspect(arguments: argparse.Namespace) -> None:
    pipeline = load_pipeline(arguments.pipeline)
    manifest = json.loads((arguments.pipeline / "manifest.json").read_text("utf-8"))
    if arguments.json:
        print_json({**manifest, "report": pipeline.report.to_json() if pipeline.report else None})
        return
    size = sum(path.stat().st_size for path in arguments.pipeline.iterdir()) / 2**20
    print(f"{arguments.pipeline}: {manifest['kind']}, {len(manifest['classes']):,} classes, {size:.1f} MiB, made with "
          + ", ".join(f"{name} {number}" for name, number in manifest["versions"].items()) + "\n")
    print(pipeline.report or json.dumps(manifest["configuration"], indent=1))
