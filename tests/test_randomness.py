import numpy as np

from autotext.randomness import derive, generator


def test_names_and_seeds_part_the_streams():
    seeds = [
        derive(seed, *names)
        for seed in (0, 1)
        for names in ((), ("a",), ("b",), ("a", "b"), ("ab",), ("a", 1), ("a", "1"))
    ]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_numbers_are_fixed_forever():
    assert derive(0, "split") == derive(0, "split")
    assert generator(3, "x").random() == np.random.default_rng(derive(3, "x")).random()


def test_the_global_state_is_left_alone():
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    generator(0, "x").random(10)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
