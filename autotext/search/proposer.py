"""The Optuna study: which configuration is tried next. The only importer of Optuna."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
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
from autotext.silence import temporarily, without_warnings
from autotext.space import Choice, Configuration, Domain, Float, Int, Scalar, SearchSpace

_ATTEMPTS = 60
# Then draws at random take over, which cost next to nothing.
_OWN_ATTEMPTS = 5


@dataclass(frozen=True)
class Proposal:
    """A configuration to evaluate, what is judged along with it, and the Optuna trial that waits for its score.

    Parameters
    ----------
    number : int
        Of the configuration; those of the path follow.
    configuration : Configuration
    path : tuple of Configuration
        The same but for the strength of regularization.
    origin : {"warm", "search"}
    trial : optuna.trial.Trial
    """

    number: int
    configuration: Configuration
    path: tuple[Configuration, ...]
    origin: Origin
    trial: optuna.trial.Trial


class Proposer:
    """An Optuna study over a search space, through ask and tell.

    Parameters
    ----------
    space : SearchSpace
        Checked for the task.
    warm : sequence of Configuration
        Tried first, in this order.
    seed : int
    sampler : optuna.samplers.BaseSampler or None
        None: a tree-structured Parzen estimator over groups of parameters that are active together.
    past : sequence of sequences of Evaluation, default=()
        What earlier calls of the same search evaluated, a sequence for each proposal, in the order in which they ended.
    progress : dict of str to int, optional
        How far they were, as `progress` gave it; then the next proposal is what theirs would have been.
    journal : Path, optional
        File to which the study is also written, for optuna-dashboard.
    """

    def __init__(self, space: SearchSpace, warm: Sequence[Configuration], seed: int,
                 sampler: optuna.samplers.BaseSampler | None = None, *, past: Sequence[Sequence[Evaluation]] = (),
                 progress: Mapping[str, int] | None = None, journal: Path | None = None) -> None:
        done = {"asked": 0, "proposed": 0, "warm": 0, "duplicates": 0, "illegal": 0, **(progress or {})}
        self._space, self._seed, self._own_sampler = space, seed, sampler is None
        self._seen = {Configuration(evaluation.configuration) for job in past for evaluation in job}
        self._asked, self._proposed = done["asked"], done["proposed"]
        self.duplicates, self.illegal = done["duplicates"], done["illegal"]
        self._warm = [configuration for configuration in warm[done["warm"]:] if configuration not in self._seen]
        self._n_warm = len(warm)
        with _quiet():
            self.study = optuna.create_study(direction="maximize", sampler=sampler or _sampler(seed, 0))
            self._shown = _journal_study(journal) if journal else None
            for job in past:
                self._add(self.study, job[0])
                self._learn_path(job)
            for configuration in self._warm:
                self.study.enqueue_trial(_searched(space, configuration)[0])

    @property
    def progress(self) -> dict[str, int]:
        """How far the proposals are."""
        return {"asked": self._asked, "proposed": self._proposed, "warm": self._n_warm - len(self._warm),
                "duplicates": self.duplicates, "illegal": self.illegal}

    @property
    def thinks(self) -> bool:
        """Whether the next proposal takes time to find, rather than being one of the first."""
        return not self._warm

    def ask(self) -> Proposal | None:
        """The next configuration that was never proposed before; None if none is found."""
        while self._warm:
            wanted = self._warm.pop(0)
            trial, configuration = self._suggest()
            if configuration != wanted:
                raise SearchError(f"The study evaluated {configuration} where {wanted} was suggested.")
            if (proposal := self._accept(trial, configuration, "warm")) is not None:
                return proposal
        for attempt in range(_ATTEMPTS):
            if attempt >= _OWN_ATTEMPTS and not self._enqueue_draw():
                continue
            trial, configuration = self._suggest()
            if (proposal := self._accept(trial, configuration, "search")) is not None:
                return proposal
        return None

    def _enqueue_draw(self) -> bool:
        """Have a random configuration come next, where the sampler only repeats itself; False if it is not new either."""
        self._asked += 1
        drawn = self._space.sample(generator(self._seed, "draw", self._asked))
        if drawn in self._seen:
            self.duplicates += 1
            return False
        with _quiet():
            self.study.enqueue_trial(_searched(self._space, drawn)[0])
        return True

    def without_path(self, proposal: Proposal) -> Proposal:
        """The proposal alone; what would have been judged along with it may be proposed later."""
        self._seen.difference_update(proposal.path)
        return replace(proposal, path=())

    def tell(self, proposal: Proposal, evaluations: Sequence[Evaluation]) -> None:
        """Report what became of a proposal: its own evaluation, then those of its path."""
        with _quiet():
            own = evaluations[0]
            if own.status in ("part", "raced"):
                proposal.trial.report(own.fold_scores[0], 0)
            self.study.tell(proposal.trial, own.score, state=_state(own))
            self._learn_path(evaluations)

    def _learn_path(self, evaluations: Sequence[Evaluation]) -> None:
        """The study learns of the best of a path, the copy for the dashboard of all."""
        own, *others = evaluations
        best = max((other for other in others if other.score is not None), key=lambda other: float(other.score or 0.0),
                   default=None)
        if best is not None and (own.score is None or float(best.score or 0.0) > own.score):
            self._add(self.study, best)
        for evaluation in evaluations if self._shown is not None else ():
            assert self._shown is not None
            self._add(self._shown, evaluation)

    def withdraw(self, proposal: Proposal) -> None:
        """Take back a proposal that will not be evaluated now; it may be proposed again."""
        with _quiet():
            self.study.tell(proposal.trial, state=TrialState.FAIL)
        self._seen.difference_update([proposal.configuration, *proposal.path])

    def _path(self, configuration: Configuration) -> tuple[Configuration, ...]:
        """New configurations that are the same but for the strength of regularization, if that is searched."""
        assert self._space.registry is not None
        model = str(configuration["model"])
        spec = self._space.registry["model"][model]
        name = f"model.{model}.{spec.regularization_parameter}"
        domain = self._space.model[model].get(spec.regularization_parameter)
        if not isinstance(domain, Float):
            return ()
        values = [float(configuration[name]) * factor for factor in spec.regularization_factors]
        found = [Configuration({**configuration, name: value}) for value in values if domain.low <= value <= domain.high]
        return tuple(variant for variant in found if variant not in self._seen)

    def _add(self, study: optuna.Study, evaluation: Evaluation) -> None:
        """Put an evaluation into a study as a trial that has ended."""
        values, distributions = _searched(self._space, Configuration(evaluation.configuration))
        study.add_trial(optuna.trial.create_trial(
            state=_state(evaluation), value=evaluation.score, params=values, distributions=distributions,
            intermediate_values={0: evaluation.fold_scores[0]} if evaluation.status in ("part", "raced") else None, user_attrs={
                "pipeline": Configuration(evaluation.configuration).describe(), "status": evaluation.status,
                "origin": evaluation.origin, "seconds": evaluation.seconds}))

    def _suggest(self) -> tuple[optuna.trial.Trial, Configuration]:
        with _quiet():
            if self._own_sampler:
                # Each draw has a seed of its own, so that none depends on how many came before it in this process.
                self.study.sampler = _sampler(self._seed, self._asked)
            self._asked += 1
            trial = self.study.ask()
            return trial, Configuration(self._space.walk(lambda name, domain: _suggested(trial, name, domain)))

    def _accept(self, trial: optuna.trial.Trial, configuration: Configuration, origin: Origin) -> Proposal | None:
        refused = bool(self._space.incompatibility(configuration))
        if refused or configuration in self._seen:
            self.illegal += refused
            self.duplicates += not refused
            with _quiet():
                self.study.tell(trial, state=TrialState.FAIL)
            return None
        path = self._path(configuration)
        self._seen.update([configuration, *path])
        proposal = Proposal(self._proposed, configuration, path, origin, trial)
        self._proposed += 1 + len(path)
        if {name: configuration[name] for name in trial.params} != trial.params:
            raise SearchError(f"Suggested {trial.params}, but {configuration} would be evaluated.")
        return proposal


def check_sampler(sampler: Any) -> optuna.samplers.BaseSampler | None:
    """A sampler of Optuna, or None.

    Raises
    ------
    ArgumentError
        It is something else.
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


def _suggested(trial: optuna.trial.Trial, name: str, domain: Domain) -> Scalar:
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


def _searched(space: SearchSpace, configuration: Configuration) -> tuple[dict[str, Any], dict[str, BaseDistribution]]:
    """The parameters that Optuna knows of, in a configuration, and their distributions."""
    found: dict[str, Any] = {}
    distributions: dict[str, BaseDistribution] = {}

    def look_up(name: str, domain: Domain) -> Scalar:
        distribution = _distribution(domain)
        if distribution is not None:
            found[name], distributions[name] = configuration[name], distribution
        return configuration[name]

    space.walk(look_up)
    return found, distributions


class _JournalFile(BaseJournalBackend):
    """Optuna's journal, written without waiting for the disk: it is a copy that nothing depends on."""

    def __init__(self, path: Path) -> None:
        self._logs: list[dict[str, Any]] = []
        self._path = path
        path.unlink(missing_ok=True)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        self._logs += logs
        # A copy that cannot be written (a full disk) is not worth a search.
        with contextlib.suppress(OSError), self._path.open("a", encoding="utf-8") as file:
            file.write("".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs))

    def read_logs(self, log_number_from: int) -> list[dict[str, Any]]:
        return self._logs[log_number_from:]


def _journal_study(path: Path) -> optuna.Study:
    storage = optuna.storages.JournalStorage(_JournalFile(path))
    return optuna.create_study(direction="maximize", study_name="autotext", storage=storage)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Optuna without its lines on standard error and its notes on experimental arguments."""
    logger = logging.getLogger("optuna")
    with (without_warnings(optuna.exceptions.ExperimentalWarning),
          temporarily(lambda: logger.level, logger.setLevel, logging.ERROR)):
        yield
