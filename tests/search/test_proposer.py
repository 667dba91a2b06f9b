import itertools
import logging
import warnings
from dataclasses import replace

import numpy as np
import optuna
import pytest

from autotext.evaluation import Evaluation
from autotext.search.proposer import Proposer

TINY = """
version: 1
stages:
  features: {one_of: [[char_tfidf]], char_tfidf: {span: ["1-3", "2-4"]}}
  model: {one_of: {multinomial_nb: {alpha: 0.1}, ridge: {}, logistic: {}}}
"""
WIDE = """
version: 1
stages:
  normalizer: {chain: {unicode: {form: [NFC, NFKC]}, casing: {use: [true, false]}}}
  tokenizer: {one_of: {words: {min_length: {int: [1, 2]}}, characters: {}}}
  features:
    one_of: [[word_tfidf], [char_tfidf], [word_tfidf, char_tfidf]]
    word_tfidf: {ngrams: ["1-1", "1-2"], min_df: {int: [1, 5]}}
    char_tfidf:
      span: ["1-3", "2-4"]
      max_features: {int: [1000, 100000], log: true}
      weight: {float: [0.3, 3.0], log: true}
  model:
    one_of:
      multinomial_nb: {alpha: {float: [0.01, 1.0], log: true}}
      ridge: {alpha: {float: [0.1, 10.0], log: true}}
"""
SIGNED = """
version: 1
stages:
  features:
    one_of: [[char_tfidf], [letter_shares], [char_tfidf, letter_shares]]
    letter_shares: {letters: [aeiou, etaoin]}
  model: {one_of: {multinomial_nb: {alpha: {float: [0.01, 1.0]}}, ridge: {alpha: {float: [0.1, 10.0]}}}}
"""


def told(proposal, score):
    """A proposal's own evaluation, and those of its path, which are a little worse."""
    status = "failed" if score is None else "ok"
    found = [Evaluation(proposal.number + place, configuration.to_json(), configuration.fingerprint,
                        "path" if place else proposal.origin, status, None if score is None else score - 0.01 * place)
             for place, configuration in enumerate(proposal.configurations)]
    return found if score is not None else found[:1]


def rounds(proposer, number, score=lambda configuration: 0.5):
    for _ in range(number):
        proposal = proposer.ask()
        if proposal is None:
            return
        yield proposal
        proposer.tell(proposal, told(proposal, score(proposal.configuration)))


def preference(configuration):
    return 0.5 + 0.3 * (configuration["model"] == "ridge") - 0.1 * len(configuration.blocks)


def some(space, number, seed=0):
    rng = np.random.default_rng(seed)
    return list(dict.fromkeys(space.sample(rng) for _ in range(number)))


def assert_suggested_is_evaluated(proposer, proposals):
    by_number = {proposal.trial.number: proposal for proposal in proposals}
    trials = {trial.number: trial for trial in proposer.study.trials}
    for number, proposal in by_number.items():
        suggested = trials[number].params
        assert suggested == {name: proposal.configuration[name] for name in suggested}
        # What Optuna does not know of has a single legal value.
        assert len(proposal.configuration) >= len(suggested) > 0


@pytest.mark.parametrize("sampler", [None, optuna.samplers.RandomSampler(seed=3)], ids=["own", "random"])
def test_what_is_suggested_is_evaluated(checked, sampler):
    space = checked(WIDE)
    warm = some(space, 6)
    proposer = Proposer(space, warm, seed=0, sampler=sampler)
    proposals = list(rounds(proposer, 40, preference))
    assert len(proposals) == 40
    assert [proposal.configuration for proposal in proposals[: len(warm)]] == warm
    assert [proposal.origin for proposal in proposals] == ["warm"] * len(warm) + ["search"] * (40 - len(warm))
    numbers = [proposal.number + place for proposal in proposals for place in range(1 + len(proposal.regularization_path))]
    assert numbers == list(range(len(numbers)))
    assert_suggested_is_evaluated(proposer, proposals)
    for proposal in proposals:
        assert space.project(proposal.configuration) == (proposal.configuration, [])


def test_scores_reach_the_study(checked):
    proposer = Proposer(checked(WIDE), [], seed=0)
    proposals = list(rounds(proposer, 5, preference))
    trials = {trial.number: trial for trial in proposer.study.trials}
    for proposal in proposals:
        assert trials[proposal.trial.number].value == preference(proposal.configuration)
    failed = proposer.ask()
    proposer.tell(failed, told(failed, None))
    assert proposer.study.trials[failed.trial.number].state == optuna.trial.TrialState.FAIL
    assert all(trial.state.is_finished() for trial in proposer.study.trials)


def test_the_search_learns_from_scores(checked):
    space = checked(WIDE)
    proposals = list(rounds(Proposer(space, [], seed=0), 60, preference))
    late = [preference(proposal.configuration) for proposal in proposals[30:]]
    random = [preference(configuration) for configuration in some(space, 200)]
    assert np.mean(late) > np.mean(random) + 0.05


def test_nothing_is_proposed_twice(checked):
    space = checked(WIDE)
    warm = some(space, 5)
    proposer = Proposer(space, [*warm, *warm], seed=0)
    proposals = list(rounds(proposer, 60, preference))
    assert len({proposal.configuration for proposal in proposals}) == len(proposals) == 60
    assert proposer.duplicates >= 5


def test_a_proposal_is_replaced_by_the_same_with_as_many_features_as_there_is_time_for(checked):
    space = checked(WIDE)
    large = next(values for values in some(space, 50) if len(values.blocks) == 2)
    proposer = Proposer(space, [large, space.default()], seed=0)
    small = proposer.reduce(proposer.ask(), lambda configuration: configuration.blocks == ("char_tfidf",))
    assert small.configuration == next(values for values in space.reduced(large) if values.blocks == ("char_tfidf",))
    assert small.origin == "search"
    assert_suggested_is_evaluated(proposer, [small])
    assert proposer.ask().configuration == space.default()
    proposer.tell(small, told(small, 0.5))
    again = Proposer(space, [large], seed=0, past=[told(small, 0.5)])
    assert again.reduce(again.ask(), lambda configuration: configuration.blocks == ("char_tfidf",)) is None
    assert all(trial.state.is_finished() for trial in again.study.trials)


class Counting(optuna.samplers.RandomSampler):
    """Counts how often it is asked."""

    asked = 0

    def sample_independent(self, *arguments):
        self.asked += 1
        return super().sample_independent(*arguments)


def test_a_sampler_of_the_user_suggests_what_follows_the_warm_starts(checked):
    space, sampler = checked(WIDE), Counting(seed=0)
    proposer = Proposer(space, some(space, 2), seed=0, sampler=sampler)
    list(rounds(proposer, 2, preference))
    before = sampler.asked
    list(rounds(proposer, 4, preference))
    assert sampler.asked >= before + 4


def test_a_warm_start_that_a_path_has_had_counts_the_same_when_a_search_goes_on(checked):
    space = checked(WIDE)
    first = next(values for values in some(space, 50) if values["model"] == "ridge")
    variant = Proposer(space, [first], seed=0).ask().regularization_path[0]
    warm = [first, variant, space.default()]
    at_once = Proposer(space, warm, seed=0)
    wanted = [proposal.configuration for proposal in rounds(at_once, 6)]
    begun = Proposer(space, warm, seed=0)
    past = [told(proposal, 0.5) for proposal in rounds(begun, 1)]
    resumed = Proposer(space, warm, seed=0, past=past, progress=begun.progress)
    assert [proposal.configuration for proposal in rounds(resumed, 5)] == wanted[1:]


def test_a_small_space_is_exhausted_and_ends(checked):
    proposer = Proposer(checked(TINY), [], seed=0)
    proposals = list(rounds(proposer, 100))
    found = {(proposal.configuration["features.char_tfidf.span"], proposal.configuration["model"])
             for proposal in proposals}
    assert found == set(itertools.product(["1-3", "2-4"], ["multinomial_nb", "ridge", "logistic"]))
    assert len(proposals) == 6
    assert proposer.ask() is None
    assert proposer.duplicates > 0


def test_a_space_of_one_configuration_is_proposed_once(checked):
    space = checked('version: 1\nstages: {features: {one_of: [[char_tfidf]], char_tfidf: {span: "2-4"}}, '
                    "model: {one_of: {ridge: {}}}}\n")
    proposer = Proposer(space, [space.default()], seed=0)
    assert proposer.ask().configuration == space.default()
    assert proposer.ask() is None


def test_pending_proposals_are_not_repeated(checked):
    proposer = Proposer(checked(TINY), [], seed=0)
    pending = [proposal for proposal in (proposer.ask() for _ in range(6)) if proposal is not None]
    assert len({proposal.configuration for proposal in pending}) == 6
    assert proposer.ask() is None


def test_what_does_not_fit_together_is_never_proposed(checked, friendly):
    space = checked(SIGNED)
    proposer = Proposer(space, [], seed=0, sampler=optuna.samplers.RandomSampler(seed=0))
    proposals = list(rounds(proposer, 40))
    assert len(proposals) == 40
    assert proposer.illegal > 0
    assert not any(space.incompatibility(proposal.configuration) for proposal in proposals)
    assert {proposal.configuration["model"] for proposal in proposals} == {"multinomial_nb", "ridge"}
    assert "letter_shares" in {proposal.configuration["features"] for proposal in proposals}


@pytest.mark.parametrize("origin", ["warm", "search"])
def test_a_withdrawn_configuration_may_come_back(checked, origin):
    space = checked(TINY)
    proposer = Proposer(space, [space.default()] if origin == "warm" else [], seed=0)
    withdrawn = proposer.ask()
    assert withdrawn.origin == origin
    proposer.withdraw(withdrawn)
    later = [proposal.configuration for proposal in rounds(proposer, 100)]
    assert len(later) == len(set(later)) == 6
    assert withdrawn.configuration in later


def test_the_same_seed_proposes_the_same(checked):
    space = checked(WIDE)
    sequences = [[proposal.configuration for proposal in rounds(Proposer(space, [], seed=seed), 25, preference)]
                 for seed in (1, 1, 2)]
    assert sequences[0] == sequences[1] != sequences[2]


def test_logging_and_warnings_stay_as_they_were(checked):
    class Kept(logging.Handler):
        def emit(self, record):
            records.append(record)

    logger, records = logging.getLogger("optuna"), []
    level, filters, handler = logger.level, list(warnings.filters), Kept()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    handlers, root_level = list(logger.handlers), logging.getLogger().level
    try:
        for _ in rounds(Proposer(checked(WIDE), [], seed=0), 12):
            assert logger.level == logging.INFO
        assert (logger.level, logging.getLogger().level) == (logging.INFO, root_level)
        assert logger.handlers == handlers
        assert not records
        assert list(warnings.filters) == filters
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def test_a_failing_study_leaves_logging_as_it_was(checked):
    level = logging.getLogger("optuna").level

    class Broken(optuna.samplers.RandomSampler):
        def sample_independent(self, *_):
            raise RuntimeError("no more numbers")

    proposer = Proposer(checked(WIDE), [], seed=0, sampler=Broken())
    with pytest.raises(RuntimeError, match="no more numbers"):
        proposer.ask()
    assert logging.getLogger("optuna").level == level


def test_a_path_differs_in_the_strength_of_regularization_only_and_is_not_proposed_again(checked):
    space = checked(WIDE)
    proposals = list(rounds(Proposer(space, [], seed=0), 40, preference))
    seen = [configuration for proposal in proposals for configuration in proposal.configurations]
    assert len(seen) == len(set(seen)) > 80
    for proposal in proposals:
        for variant in proposal.regularization_path:
            changed = {name for name in variant if variant[name] != proposal.configuration[name]}
            assert changed == {f"model.{variant['model']}.alpha"}
            assert space.project(variant) == (variant, [])


def test_the_study_learns_of_the_best_of_a_path_only(checked):
    proposer = Proposer(checked(WIDE), [], seed=0)
    proposal = next(found for found in iter(proposer.ask, None) if len(found.regularization_path) > 1)
    own, *others = told(proposal, 0.5)
    better = [replace(other, score=0.6 + place / 10) for place, other in enumerate(others)]
    before = len(proposer.study.trials)
    proposer.tell(proposal, [own, *better])
    added = proposer.study.trials[before:]
    assert [trial.value for trial in added] == [better[-1].score]
    assert added[0].params.items() <= dict(better[-1].configuration).items()


def test_who_lost_a_race_is_pruned(checked):
    proposer = Proposer(checked(WIDE), [], seed=0)
    proposal = proposer.ask()
    proposer.tell(proposal, [replace(told(proposal, 0.5)[0], status="part", score=None, fold_scores=(0.3,))])
    trial = proposer.study.trials[proposal.trial.number]
    assert trial.state == optuna.trial.TrialState.PRUNED
    assert trial.intermediate_values == {0: 0.3}
