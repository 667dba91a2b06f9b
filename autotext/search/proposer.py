"""The Optuna study that suggests which configuration is evaluated next. No other module imports Optuna."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages.journal import BaseJournalBackend
from optuna.trial import TrialState

from autotext.arguments import argument_error
from autotext.errors import SearchError
from autotext.evaluation import Evaluation, Origin
from autotext.randomness import derive, generator
from autotext.search.guide import Guide, Seconds
from autotext.silence import temporarily, without_warnings
from autotext.space import Choice, Configuration, Domain, Float, Int, Scalar, SearchSpace

# Of so many proposals after the first ones, one is the sampler's own where a meta-learner guides the search.
_FIRST_GUIDED, _GUIDED = 12, 3
# Suggestions in a row that were evaluated before, after which the space counts as exhausted.
_ATTEMPTS = 60
# After so many, random draws take over, which cost next to nothing.
_SAMPLER_ATTEMPTS = 5


@dataclass(frozen=True)
class Proposal:
    """A configuration to evaluate, its regularization path, and the Optuna trial that waits for its score.

    Parameters
    ----------
    number : int
        Of the configuration; those of the regularization path follow.
    configuration : Configuration
    regularization_path : tuple of Configuration
        Evaluated along with it; they differ from it in the strength of regularization only.
    origin : {"warm", "search"}
    trial : optuna.trial.Trial
    expected_score : tuple of float, or None
        What the meta-learner expects, and the standard deviation of that.
    expected_seconds : float
        Of the configuration and its path; 0: not known.
    """

    number: int
    configuration: Configuration
    regularization_path: tuple[Configuration, ...]
    origin: Origin
    trial: optuna.trial.Trial
    expected_score: tuple[float, float] | None = None
    expected_seconds: float = 0.0

    @property
    def configurations(self) -> tuple[Configuration, ...]:
        """Its own configuration, then those of the regularization path."""
        return (self.configuration, *self.regularization_path)


class Proposer:
    """Suggests configurations of a search space with an Optuna study, by ask and tell; it suggests none twice.

    Parameters
    ----------
    space : SearchSpace
        Checked for the task.
    warm_starts : sequence of Configuration
        Tried first, in this order.
    seed : int
    sampler : optuna.samplers.BaseSampler or None
        None: a tree-structured Parzen estimator over groups of parameters that are active together.
    past : sequence of sequences of Evaluation, default=()
        What earlier calls of the same search evaluated, a sequence for each proposal, in the order in which they ended.
    progress : dict of str to int, optional
        The counts of `progress` when they ended; then the next proposal is what theirs would have been.
    journal : Path, optional
        File to which the study is written, too, for optuna-dashboard.
    guide : Guide, optional
        Chooses what follows the warm starts, except for some proposals of the sampler.
    """

    def __init__(self, space: SearchSpace, warm_starts: Sequence[Configuration], seed: int,
                 sampler: optuna.samplers.BaseSampler | None = None, *, past: Sequence[Sequence[Evaluation]] = (),
                 progress: Mapping[str, int] | None = None, journal: Path | None = None,
                 guide: Guide | None = None) -> None:
        done = {"asked": 0, "proposed": 0, "warm": 0, "duplicates": 0, "illegal": 0, **(progress or {})}
        self._space, self._seed, self._sampler = space, seed, sampler
        self._seen = {Configuration(evaluation.configuration) for job in past for evaluation in job}
        self._asked, self._proposed = done["asked"], done["proposed"]
        self.duplicates, self.illegal = done["duplicates"], done["illegal"]
        self._warm_starts = list(warm_starts[done["warm"]:])
        self._n_warm_starts, self._guide = len(warm_starts), guide
        with _silence_optuna():
            self.study = optuna.create_study(direction="maximize", sampler=sampler or _sampler(seed, 0))
            self._journal = _create_journal_study(journal) if journal else None
            for job in past:
                self._add(self.study, job[0])
                self._add_results(job)
                if guide is not None:
                    guide.end(Configuration(job[0].configuration), job)

    @property
    def progress(self) -> dict[str, int]:
        """Counts that, with the evaluations, tell a later call where to go on."""
        return {"asked": self._asked, "proposed": self._proposed, "warm": self._n_warm_starts - len(self._warm_starts),
                "duplicates": self.duplicates, "illegal": self.illegal}

    @property
    def thinks(self) -> bool:
        """Whether the next proposal takes time to find, as no warm start is left."""
        return not self._warm_starts

    def ask(self, seconds: Seconds | None = None) -> Proposal | None:
        """Propose the next configuration that was never proposed before; None if none is found.

        Parameters
        ----------
        seconds : callable, optional
            Gives the seconds that a configuration will take, or None, to a guide.
        """
        while self._warm_starts:
            if (proposal := self._propose(self._warm_starts.pop(0), "warm")) is not None:
                return proposal
        if (proposal := self._ask_guide(seconds)) is not None:
            return proposal
        for attempt in range(_ATTEMPTS):
            if attempt < _SAMPLER_ATTEMPTS:
                proposal = self._accept(*self._suggest(), "search")
            else:
                proposal = self._propose(self._space.sample(generator(self._seed, "draw", self._asked)), "search")
            if proposal is not None:
                return proposal
        return None

    def _ask_guide(self, seconds: Seconds | None) -> Proposal | None:
        """Let the guide choose, if there is one and it is its turn."""
        is_turn = self._proposed < _FIRST_GUIDED or self._asked % _GUIDED
        if self._guide is None or not is_turn:
            return None
        chosen = self._guide.choose(self._seen, self._asked, seconds)
        if chosen is None:
            return None
        return self._propose(chosen, "warm" if self._guide.is_from_prior_tasks(chosen) else "search")

    def _propose(self, configuration: Configuration, origin: Origin) -> Proposal | None:
        """Propose a certain configuration; None if it was proposed before."""
        if configuration in self._seen:
            self.duplicates += 1
            self._asked += 1
            return None
        with _silence_optuna():
            self.study.enqueue_trial(_optuna_parameters(self._space, configuration)[0])
        trial, suggested = self._suggest(optuna.samplers.RandomSampler(seed=0))
        if suggested != configuration:
            raise SearchError(f"The study evaluated {suggested} where {configuration} was suggested.")
        return self._accept(trial, suggested, origin)

    def drop_regularization_path(self, proposal: Proposal) -> Proposal:
        """Reduce a proposal to its own configuration; those of its path may be proposed later."""
        self._seen.difference_update(proposal.regularization_path)
        return replace(proposal, regularization_path=())

    def reduce(self, proposal: Proposal, has_time: Callable[[Configuration], bool]) -> Proposal | None:
        """Withdraw a proposal, and propose the same with fewer features, as many as there is time for; None if there is none.

        Parameters
        ----------
        proposal : Proposal
        has_time : callable
            Says whether there is time for a configuration.
        """
        self.withdraw(proposal)
        for configuration in self._space.reduced(proposal.configuration):
            if configuration not in self._seen and has_time(configuration):
                return self._propose(configuration, "search")
        return None

    def tell(self, proposal: Proposal, evaluations: Sequence[Evaluation]) -> None:
        """Tell the study what became of a proposal: its own evaluation comes first, then those of its regularization path."""
        with _silence_optuna():
            first = evaluations[0]
            if first.status in ("part", "raced"):
                proposal.trial.report(first.fold_scores[0], 0)
            self.study.tell(proposal.trial, first.score, state=_state(first))
            self._add_results(evaluations)
        if self._guide is not None:
            self._guide.end(proposal.configuration, evaluations)

    def _add_results(self, evaluations: Sequence[Evaluation]) -> None:
        """Add the best of a regularization path to the study, if it beats the proposal, and all of them to the journal."""
        first, *others = evaluations
        best = max((other for other in others if other.score is not None), key=lambda other: float(other.score or 0.0),
                   default=None)
        if best is not None and (first.score is None or float(best.score or 0.0) > first.score):
            self._add(self.study, best)
        for evaluation in evaluations if self._journal is not None else ():
            assert self._journal is not None
            self._add(self._journal, evaluation)

    def withdraw(self, proposal: Proposal) -> None:
        """Take back a proposal that will not be evaluated now; it may be proposed again."""
        with _silence_optuna():
            self.study.tell(proposal.trial, state=TrialState.FAIL)
        self._seen.difference_update(proposal.configurations)
        if self._guide is not None:
            self._guide.end(proposal.configuration)

    def _add(self, study: optuna.Study, evaluation: Evaluation) -> None:
        """Add an evaluation to a study as a trial that has ended."""
        values, distributions = _optuna_parameters(self._space, Configuration(evaluation.configuration))
        study.add_trial(optuna.trial.create_trial(
            state=_state(evaluation), value=evaluation.score, params=values, distributions=distributions,
            intermediate_values={0: evaluation.fold_scores[0]} if evaluation.status in ("part", "raced") else None, user_attrs={
                "pipeline": Configuration(evaluation.configuration).describe(), "status": evaluation.status,
                "origin": evaluation.origin, "seconds": evaluation.seconds}))

    def _suggest(self, quick: optuna.samplers.BaseSampler | None = None) -> tuple[optuna.trial.Trial, Configuration]:
        """Ask the study for a trial, of a quick sampler where nothing is left to suggest, and build its configuration."""
        with _silence_optuna():
            # Each draw has a seed of its own, so that none depends on how many came before it in this process.
            self.study.sampler = self._sampler or quick or _sampler(self._seed, self._asked)
            self._asked += 1
            trial = self.study.ask()
            return trial, Configuration(self._space.walk(lambda name, domain: _suggest_value(trial, name, domain)))

    def _accept(self, trial: optuna.trial.Trial, configuration: Configuration, origin: Origin) -> Proposal | None:
        """Turn a suggestion into a proposal; None, and the trial fails, if it is illegal or was proposed before."""
        is_illegal = bool(self._space.incompatibility(configuration))
        if is_illegal or configuration in self._seen:
            self.illegal += is_illegal
            self.duplicates += not is_illegal
            with _silence_optuna():
                self.study.tell(trial, state=TrialState.FAIL)
            return None
        path = tuple(variant for variant in regularization_path(self._space, configuration) if variant not in self._seen)
        self._seen.update([configuration, *path])
        expected_score = None if self._guide is None else self._guide.forecast(configuration)
        proposal = Proposal(self._proposed, configuration, path, origin, trial, expected_score)
        self._proposed += 1 + len(path)
        if self._guide is not None:
            self._guide.start(configuration)
        if {name: configuration[name] for name in trial.params} != trial.params:
            raise SearchError(f"Suggested {trial.params}, but {configuration} would be evaluated.")
        return proposal


def regularization_path(space: SearchSpace, configuration: Configuration) -> list[Configuration]:
    """Make the configurations that differ from one in the strength of regularization alone, if the space varies it.

    Parameters
    ----------
    space : SearchSpace
        Checked for the task.
    configuration : Configuration
    """
    assert space.registry is not None
    model = str(configuration["model"])
    spec = space.registry["model"][model]
    name = f"model.{model}.{spec.regularization_parameter}"
    domain = space.model[model].get(spec.regularization_parameter)
    if not isinstance(domain, Float):
        return []
    values = [float(configuration[name]) * factor for factor in spec.regularization_factors]
    return [Configuration({**configuration, name: value}) for value in values if domain.low <= value <= domain.high]


def check_sampler(sampler: Any) -> optuna.samplers.BaseSampler | None:
    """Return a sampler of Optuna, or None, and refuse anything else.

    Parameters
    ----------
    sampler : optuna.samplers.BaseSampler or None

    Raises
    ------
    ArgumentError
        It is something else.

    Examples
    --------
    >>> check_sampler("random")
    Traceback (most recent call last):
    autotext.errors.ArgumentError: sampler must be a sampler of Optuna, e.g. sampler=optuna.samplers.TPESampler(), or None...
    """
    if sampler is None or isinstance(sampler, optuna.samplers.BaseSampler):
        return sampler
    raise argument_error("sampler", "a sampler of Optuna, e.g. sampler=optuna.samplers.TPESampler(), or None", sampler)


def _state(evaluation: Evaluation) -> TrialState:
    if evaluation.status in ("part", "raced"):
        return TrialState.PRUNED
    return TrialState.FAIL if evaluation.score is None else TrialState.COMPLETE


def _sampler(seed: int, draw: int) -> optuna.samplers.BaseSampler:
    return optuna.samplers.TPESampler(seed=derive(seed, "suggest", draw), multivariate=True, group=True,
                                      constant_liar=True, n_startup_trials=10)


def _suggest_value(trial: optuna.trial.Trial, name: str, domain: Domain) -> Scalar:
    """Let a trial choose a value of a domain; where there is only one value, the trial is not asked."""
    if _distribution(domain) is None:
        return domain.default
    if isinstance(domain, Int):
        return trial.suggest_int(name, domain.low, domain.high, log=domain.log)
    if isinstance(domain, Float):
        return trial.suggest_float(name, domain.low, domain.high, log=domain.log)
    assert isinstance(domain, Choice)
    return cast(Scalar, trial.suggest_categorical(name, domain.values))


def _distribution(domain: Domain) -> BaseDistribution | None:
    """Optuna's form of a domain; None where there is nothing to choose."""
    if isinstance(domain, Choice):
        return CategoricalDistribution(domain.values) if len(domain.values) > 1 else None
    if isinstance(domain, Int):
        return IntDistribution(domain.low, domain.high, log=domain.log) if domain.low < domain.high else None
    if isinstance(domain, Float):
        return FloatDistribution(domain.low, domain.high, log=domain.log) if domain.low < domain.high else None
    raise SearchError(f"A domain of an unchecked space: {domain}.")


def _optuna_parameters(space: SearchSpace, configuration: Configuration) -> tuple[dict[str, Any], dict[str, BaseDistribution]]:
    """The values of a configuration that Optuna chose, those of parameters with several values, and their distributions."""
    values: dict[str, Any] = {}
    distributions: dict[str, BaseDistribution] = {}

    def look_up(name: str, domain: Domain) -> Scalar:
        distribution = _distribution(domain)
        if distribution is not None:
            values[name], distributions[name] = configuration[name], distribution
        return configuration[name]

    space.walk(look_up)
    return values, distributions


class _JournalFile(BaseJournalBackend):
    """Optuna's journal, written without waiting for the disk: it is a copy that nothing depends on."""

    def __init__(self, path: Path) -> None:
        self._logs: list[dict[str, Any]] = []
        self._path = path
        path.unlink(missing_ok=True)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        self._logs += logs
        # A search does not fail because this copy cannot be written, as on a full disk.
        with contextlib.suppress(OSError), self._path.open("a", encoding="utf-8") as file:
            file.write("".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs))

    def read_logs(self, log_number_from: int) -> list[dict[str, Any]]:
        return self._logs[log_number_from:]


def _create_journal_study(path: Path) -> optuna.Study:
    storage = optuna.storages.JournalStorage(_JournalFile(path))
    return optuna.create_study(direction="maximize", study_name="autotext", storage=storage)


@contextlib.contextmanager
def _silence_optuna() -> Iterator[None]:
    """Keep Optuna from writing to standard error, and from warning of experimental arguments."""
    logger = logging.getLogger("optuna")
    with (without_warnings(optuna.exceptions.ExperimentalWarning),
          temporarily(lambda: logger.level, logger.setLevel, logging.ERROR)):
        yield
