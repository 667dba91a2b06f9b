import threading
import warnings

import pytest

from autotext.silence import without_warnings


def test_other_categories_are_still_seen():
    with without_warnings(DeprecationWarning):
        warnings.warn("silenced", DeprecationWarning, stacklevel=1)
        with pytest.warns(UserWarning, match="seen"):
            warnings.warn("seen", UserWarning, stacklevel=1)


def test_threads_do_not_undo_each_other():
    filters = list(warnings.filters)
    start, seen = threading.Barrier(8), []

    def work():
        start.wait()
        for _ in range(300):
            with without_warnings(UserWarning):
                try:
                    warnings.warn("silenced", UserWarning, stacklevel=1)
                except UserWarning as warning:
                    seen.append(warning)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == []
    assert list(warnings.filters) == filters
