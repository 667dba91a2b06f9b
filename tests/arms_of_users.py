"""Arms in files, as users write them, and a suite of one table for them."""

WORKS = '''
class Toy:
    """Answers what the first word says."""
    kind = "model"

    def fit(self, texts, labels, job):
        self.words = {text.split()[0]: label for text, label in zip(texts, labels)}
        self.curve = [(0.5, 0.7)]

    def predict(self, texts):
        return [self.words[text.split()[0]] for text in texts]

    def save(self, folder):
        open(folder + "/model", "w").write(str(self.words))
'''
# Bodies of fit and predict, and what the line of the run says of it.
BROKEN = {
    "raises": ("raise RuntimeError('no such luck')", "return []", "failed", "RuntimeError: no such luck"),
    "dies": ("import os; os._exit(3)", "return []", "failed", "it ended with 3"),
    "is_killed": ("import os; os.kill(os.getpid(), 9)", "return []", "failed", "killed by SIGKILL"),
    "hangs": ("import time; time.sleep(600)", "return []", "timeout", "fit was killed after"),
    "answers_too_little": ("pass", "return ['good']", "failed", "1 answers to 24 texts"),
    "answers_no_class": ("pass", "return ['so so'] * len(texts)", "failed", "it answers 'so so', which is no class"),
    "answers_numbers": ("pass", "return list(range(len(texts)))", "failed", "it answers '0', which is no class"),
    "answers_lists": ("pass", "return [['good']] * len(texts)", "failed", "which is no class"),
    "answers_nothing": ("pass", "return None", "failed", "TypeError"),
}


def write_arm(folder, name, source=WORKS):
    """Path of the file of an arm."""
    path = folder / f"{name}.py"
    path.write_text(source, "utf-8")
    return str(path)


def write_broken_arm(folder, name):
    """Path of the file of an arm that does not work."""
    fit, predict, _, _ = BROKEN[name]
    return write_arm(folder, name, f"class Toy:\n    def fit(self, texts, labels, job):\n        {fit}\n\n"
                                   f"    def predict(self, texts):\n        {predict}\n")


def write_suite(folder, n_tasks=1):
    """A folder of tables, which is a suite."""
    suite = folder / "tables"
    suite.mkdir(exist_ok=True)
    for task in range(n_tasks):
        rows = [f"{label} is what {verdict} {task} {number} means,{label}" for number in range(12)
                for label in ("good", "bad") for verdict in ("this", "that", "it", "all")]
        (suite / f"verdicts{task}.csv").write_text("\n".join(["text,label", *rows]) + "\n", "utf-8")
    return suite
