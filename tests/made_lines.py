"""Lines of runs that never were: scores of twelve tasks and ten arms, with failures."""

from dataclasses import replace

import numpy as np

TASKS = {"snips": "en", "clinc150": "en", "trec": "en", "banking77": "en", "sst2": "en", "ag_news": "en", "nsmc": "ko",
         "ynat": "ko", "kold": "ko", "hwu64": "en", "massive_ko": "ko", "subj": "en"}
ARMS = {"autotext": "system", "autotext_cold": "system", "fasttext": "system", "flaml": "system", "lightautoml": "system",
        "autointent": "system", "tfidf_lr": "model", "minilm_lr": "model", "microtc_word_char_ngrams": "system",
        "majority": "model"}


def made_lines(tasks=TASKS, arms=ARMS, seeds=(0, 1), seconds=60.0, kind="multiclass", **changes):
    """A line for each task, arm and seed; every eleventh run failed, and one arm abstained from Korean."""
    rng = np.random.default_rng(len(tasks))
    lines = []
    for place, (task, language) in enumerate(tasks.items()):
        hardness = rng.uniform(0.02, 0.3)
        for number, (arm, arm_kind) in enumerate(arms.items()):
            skill = 1 + 0.28 * number + rng.normal(0, 0.35)
            for seed in seeds:
                score = round(float(np.clip(1 - hardness * skill + rng.normal(0, 0.003), 0.05, 1.0)), 5)
                fit = seconds * rng.uniform(0.9, 1.05) if arm_kind == "system" else rng.uniform(0.5, 8)
                status, error = "ok", ""
                if (place * 7 + number * 5 + seed) % 43 == 11:
                    status, error = "timeout", "killed after 180 s"
                if arm == "flaml" and language == "ko":
                    status, error = "abstained", "it does not do Korean"
                times = np.geomspace(1, fit, 8)
                is_ok = status == "ok"
                lines.append({
                    "version": 1, "suite": "quick", "task": task, "family": task.partition("_")[0], "language": language,
                    "kind": kind, "classes": 4 + 3 * place, "rows": 5000, "most_rows": 5000, "test_rows": 700,
                    "fingerprint": f"{place:04x}{seed:04x}aabbccdd", "arm": arm, "arm_kind": arm_kind, "encoder": "",
                    "seed": seed, "seconds": seconds, "trials": None, "cpus": 1, "status": status, "error": error,
                    "metric": "f1_micro" if kind == "multilabel" else "accuracy", "score": score if is_ok else None,
                    "scores": {}, "floor": 0.1, "fit_seconds": fit if is_ok else None,
                    "predict_seconds": 0.2 if is_ok else None,
                    "wall_seconds": fit, "cpu_seconds": fit, "peak_mib": round(200 * (1 + number) * rng.uniform(0.8, 1.2)),
                    "texts_per_second": float(10 ** rng.uniform(2, 4.5)) if is_ok else None,
                    "artifact_mb": float(10 ** rng.uniform(-1, 2.5)) if is_ok else None,
                    "curve": [[float(time), float(score - 0.2 * np.exp(-time / (2 + number)))] for time in times]
                    if is_ok and arm_kind == "system" else [],
                    "versions": {"autotext": "0.1.0", "python": "3.11.7", "scikit-learn": "1.9.1"},
                    "machine": {"cpu": "A processor at 2.5 GHz", "cores": 2, "memory_gib": 31},
                    "load": 0.02, "disturbed": (place + number + seed) % 60 == 0, **changes})
    return lines


def wide_table(table, names):
    """The first arm of a table many times over, under other names; no statistics are computed of so many."""
    size = len(names)
    return replace(
        table, arms=tuple(names), arm_kinds=dict.fromkeys(names, "system"), scores=np.repeat(table.scores[:, :1], size, axis=1),
        seeds=np.repeat(table.seeds[:, :1], size, axis=1),
        reasons={(table.tasks[0], name): f"failed: {name}" for name in names},
        ranks=np.linspace(1, size, size), cliques=tuple(tuple(names[start:start + 9]) for start in range(0, size, 4)),
        pairwise_p=np.full((size, size), 0.5), elo={name: (1000.0 - place, 900.0, np.inf) for place, name in enumerate(names)},
        improvability=dict.fromkeys(names, (0.5, 0.25, 0.75)), wins=np.full((size, size, 3), 4),
        means={name: (0.9 - 0.001 * place, 0.4, 0.95) for place, name in enumerate(names)},
        costs={name: {**table.costs[table.arms[0]], "fit_seconds": 1.0 + place} for place, name in enumerate(names)},
        statuses={name: {"ok": 20, "failed": 4} for name in names})


HOSTILE = ("<script>top.ran = 1</script>", '"><img src=x onerror="top.ran = 1">', "</title><svg onload=top.ran=1>",
           "\u202etxet LTR\u202c \u202e", "a" * 200, "이름" * 100, "🙂🏳️‍🌈" * 20, "ﷺ" * 30, "{{ 7 * 7 }}{% raw %}",
           "\x00\x1b\ud83d", "' --out /; rm", "&amp;lt;", "]]>", "عربي " * 30, "z\u0334\u0322\u0347" * 40)
"""Names that try to leave their place."""
