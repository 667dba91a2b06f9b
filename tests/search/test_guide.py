"""What is chosen next where a meta-learner listens."""

import numpy as np
import pytest

from autotext.components import registry
from autotext.evaluation import Evaluation
from autotext.meta import Posterior
from autotext.search.guide import Guide, expected_improvement, vary
from autotext.search.proposer import Proposer
from autotext.space import SearchSpace


class Fixed(Posterior):
    """Expects the same whatever the results are."""

    def __init__(self, means, deviation=0.01):
        self.pool, self.seconds, self._means, self._deviation = tuple(means), {}, means, deviation
        self.updates, self.running = [], []

    def update(self, configuration, score, is_partial=False):
        self.updates.append((configuration, score, is_partial))

    def predict(self, configurations, running=()):
        self.running.append(set(running))
        return (np.array([self._means.get(configuration, 0.0) for configuration in configurations]),
                np.full(len(configurations), self._deviation))


@pytest.fixture
def space():
    return SearchSpace.read("default").check(registry(), {"LATIN": 1.0}, "en")[0]


@pytest.fixture
def pool(space):
    rng = np.random.default_rng(0)
    return [space.sample(rng) for _ in range(4)]


def evaluation(configuration, score, status="ok"):
    return Evaluation(0, configuration.to_json(), configuration.fingerprint, "warm", status,
                      score if status == "ok" else None, (score,))


def test_the_best_that_was_not_tried_is_next(space, pool):
    guide = Guide(Fixed(dict(zip(pool, (0.5, 0.9, 0.7, 0.6), strict=True))), space, 0)
    assert guide.choose([], 0) == pool[1]
    assert guide.choose([pool[1]], 0) == pool[2]


def test_no_more_is_expected_than_there_can_be(space, pool):
    posterior = Fixed(dict(zip(pool, (0.5, 0.9, 1.1, 0.6), strict=True)))
    assert [Guide(posterior, space, 0, 1.0).forecast(configuration)[0] for configuration in pool] == [0.5, 0.9, 1.0, 0.6]
    assert Guide(posterior, space, 0).forecast(pool[2]) == (1.1, 0.01)


def test_what_takes_long_must_promise_more(space, pool):
    guide = Guide(Fixed(dict(zip(pool, (0.5, 0.9, 0.88, 0.6), strict=True))), space, 0)
    guide.end(pool[0], [evaluation(pool[0], 0.5)])
    seconds = {pool[1]: 50.0, pool[2]: 1.0}
    assert guide.choose(pool[:1], 0, lambda configuration: seconds.get(configuration, 10.0)) == pool[2]
    assert guide.choose(pool[:1], 0) == pool[1]


def test_what_does_not_fit_is_left_out(space, pool):
    guide = Guide(Fixed(dict(zip(pool, (0.5, 0.9, 0.7, 0.6), strict=True))), space, 0)
    assert guide.choose([], 0, lambda configuration: 1.0 if configuration == pool[3] else None) == pool[3]
    assert guide.choose([], 0, lambda configuration: None) is None


def test_random_draws_follow_what_is_left_of_prior_tasks(space, pool):
    guide = Guide(Fixed(dict.fromkeys(pool, 0.0), 0.1), space, 0)
    assert guide.choose([], 0) in pool
    assert guide.choose(pool, 0) not in pool
    for _ in range(10):
        guide.end(pool[0], [evaluation(pool[0], 0.5)])
    hopeless = Guide(Fixed(dict.fromkeys(pool, -9.0), 0.1), space, 0)
    assert hopeless.choose([], 0) in pool
    for _ in range(10):
        hopeless.end(pool[0], [evaluation(pool[0], 0.5)])
    assert hopeless.choose([], 0) not in pool


def test_results_reach_the_posterior_with_their_paths(space, pool):
    posterior = Fixed(dict.fromkeys(pool, 0.5))
    guide = Guide(posterior, space, 0)
    guide.end(pool[0], [evaluation(pool[0], 0.8), evaluation(pool[1], 0.7), evaluation(pool[2], 0.6, "part"),
                        Evaluation(0, pool[3].to_json(), "", "warm", "failed")])
    assert posterior.updates == [(pool[0], 0.8, False), (pool[1], 0.7, False), (pool[2], 0.6, True)]


def test_what_runs_is_told_until_it_ends(space, pool):
    posterior = Fixed(dict.fromkeys(pool, 0.5))
    guide = Guide(posterior, space, 0)
    guide.start(pool[0])
    guide.choose(pool, 0)
    guide.end(pool[0])
    guide.choose(pool, 1)
    assert posterior.running == [{pool[0]}, set()]


def test_the_same_draw_gives_the_same_choice(space, pool):
    first, second = (Guide(Fixed(dict.fromkeys(pool, -1.0), 0.1), space, 3) for _ in range(2))
    assert [first.choose(pool, draw) for draw in range(3)] == [second.choose(pool, draw) for draw in range(3)]
    assert first.choose(pool, 7) not in pool


def test_variants_are_legal_and_near(space):
    rng = np.random.default_rng(0)
    leader = space.default()
    variants = [variant for variant in (vary(leader, space, rng) for _ in range(60)) if variant is not None]
    assert len(variants) > 30
    assert all(not space.incompatibility(variant) for variant in variants)
    same = [sum(variant.get(name) == leader[name] for name in leader) / len(leader) for variant in variants]
    assert 0.5 < np.mean(same) < 1.0


def test_improvement_is_what_exceeds_the_best_on_average():
    draws = np.random.default_rng(0).normal(0.1, 0.3, 400_000)
    assert expected_improvement(np.array([0.1]), np.array([0.3]))[0] == pytest.approx(np.maximum(draws, 0).mean(), rel=0.01)


def test_a_proposer_follows_the_guide_and_asks_the_sampler_in_between(space, pool):
    guide = Guide(Fixed({configuration: 0.9 - 0.01 * place for place, configuration in enumerate(pool)}), space, 0)
    choose, chosen = guide.choose, []
    guide.choose = lambda *arguments: chosen.append(choose(*arguments)) or chosen[-1]
    proposer = Proposer(space, [space.default()], 0, guide=guide)
    proposals = []
    for _ in range(16):
        proposals.append(proposer.ask())
        proposer.tell(proposals[-1], [evaluation(configuration, 0.5) for configuration in proposals[-1].configurations])
    assert [proposal.configuration for proposal in proposals[:3]] == [space.default(), *pool[:2]]
    assert [proposal.origin for proposal in proposals[:3]] == ["warm"] * 3
    assert len({configuration for proposal in proposals for configuration in proposal.configurations}) == sum(
        len(proposal.configurations) for proposal in proposals)
    assert 8 < len(chosen) < 15
    assert {proposal.configuration for proposal in proposals} > set(chosen)
    withdrawn = Proposer(space, [], 0, guide=Guide(Fixed(dict.fromkeys(pool, 0.5)), space, 0))
    proposal = withdrawn.ask()
    withdrawn.withdraw(proposal)
    assert withdrawn.ask().configuration == proposal.configuration
