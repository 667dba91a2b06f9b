"""Lines of runs with the scores that a test says."""

from hypothesis import strategies as st

from autotext.benchmark.lines import checked_lines

FLOOR = 0.25


def line(arm="a", task="t", score=0.5, **changes):
    """A line; without a score, of a run that failed."""
    kind = changes.get("kind", "multiclass")
    return checked_lines([{
        "version": 1, "suite": "quick", "task": task, "family": task, "language": "en", "kind": kind, "fingerprint": "00",
        "arm": arm, "arm_kind": "system", "encoder": "", "seed": 0, "seconds": 60.0, "cpus": 1,
        "status": "failed" if score is None else "ok", "error": "",
        "metric": "f1_micro" if kind == "multilabel" else "accuracy", "score": score, "floor": FLOOR, **changes}])[0]


def lines_of(scores, **changes):
    """Lines of arms on tasks: ``{task: {arm: score}}``."""
    return [line(arm, task, score, **changes) for task, arms in scores.items() for arm, score in arms.items()]


@st.composite
def benchmarks(draw, may_lack_floor=False):
    """Lines of up to four arms on up to four tasks with up to three seeds; some runs failed, and some are missing."""
    tasks, arms, seeds = (draw(st.integers(1, most)) for most in (4, 4, 3))
    lines = []
    for task in range(tasks):
        for arm in range(arms):
            for seed in range(seeds):
                status = draw(st.sampled_from(["ok"] * 6 + ["failed", "timeout", "abstained", "unavailable", None]))
                score = draw(st.integers(0, 20)) / 20 if status == "ok" else None
                if status:
                    lines.append(line(f"arm{arm}", f"task{task}", score, seed=seed, status=status,
                                      family=f"family{task // 2}", error="" if status == "ok" else "why"))
                    if may_lack_floor and status != "ok" and draw(st.booleans()):
                        lines[-1] |= {"floor": None, "metric": None}
    return lines or [line()]
