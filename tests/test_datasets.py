from autotext.datasets import PACKAGES, docstrings


def test_docstrings_are_a_real_task_with_masked_names():
    task = docstrings(per_package=40)
    assert task.classes == tuple(sorted(PACKAGES))
    assert len(task) == 160
    assert len(task.test) == 40
    assert not set(task.texts) & set(task.test.texts)
    joined = " ".join(task.texts).lower().split()
    assert not {"numpy", "pandas", "scipy", "sklearn", "optuna", "np", "pd"} & set(joined)


def test_docstrings_are_the_same_each_time():
    assert docstrings(per_package=15).fingerprint == docstrings(per_package=15).fingerprint
