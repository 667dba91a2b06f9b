"""Which candidate a search starts next, when, and how long it may run."""

from __future__ import annotations

from dataclasses import replace

from autotext.components import is_expensive
from autotext.search.allowance import Allowance
from autotext.search.clock import Clock
from autotext.search.cost_model import CostModel
from autotext.search.log import SearchLog
from autotext.search.proposer import Proposal, Proposer
from autotext.search.refit_cost import RefitCost
from autotext.search.selection import Selection
from autotext.search.stopping import StoppingRule
from autotext.space import Configuration
from autotext.workers.messages import CrossValidate
from autotext.workers.pool import Pool

CANCELLATION = 0.6
"""Seconds of computing in which a job that can be interrupted is given up and its worker is ready again."""

# After so many candidates in a row that would take too long, one that takes all the time is started, or the search ends.
_TOO_LONG = 20
# Limit on the out-of-fold margins of a regularization path, which are in memory together.
_PATH_CELLS = 30_000_000


class Scheduler:
    """Starts proposals on idle workers, as long as each will end in time for the refit and the stopping rule allows.

    Parameters
    ----------
    proposer : Proposer
    pool : Pool
    clock : Clock
    log : SearchLog
    costs : CostModel
    refit_cost : RefitCost
    selection : Selection
    stopping : StoppingRule

    Attributes
    ----------
    n_started : int
        Proposals that were started, by earlier calls of the same search too.
    is_closed : bool
        Whether no more proposals are started, as the search is about to end.
    """

    def __init__(self, proposer: Proposer, pool: Pool, clock: Clock, log: SearchLog, costs: CostModel, refit_cost: RefitCost,
                 selection: Selection, stopping: StoppingRule) -> None:
        self.n_started = 0
        self.is_closed = self._has_stopped = False
        self._proposer, self._pool, self._clock, self._log = proposer, pool, clock, log
        self._costs, self._refit_cost, self._selection, self._stopping = costs, refit_cost, selection, stopping
        self._allowance = Allowance(costs, clock)
        self._next: Proposal | None = None

    @property
    def seconds_left(self) -> float:
        """Seconds left until the refit must begin."""
        return self._clock.remaining - self._refit_cost.reserve(self._log.report)

    def submit_next(self) -> bool:
        """Start the next proposal on an idle worker; False if there is none, or no time for it."""
        trials = self._clock.budget.trials
        # An expensive candidate uses all cores.
        if self.is_closed or (trials is not None and self.n_started >= trials) or self._is_expensive_running():
            return False
        if self.stops_early():
            return False
        candidate = self._ask_in_time()
        if candidate is None:
            return False
        proposal, timeout = candidate
        proposal = replace(proposal, expected_seconds=self._costs.evaluation_seconds(proposal.configuration))
        self.n_started += 1
        board = self._log.leaderboard
        has_rival = bool(board) and self._selection.out_of_fold.has_margins(board[0])
        self._pool.submit(CrossValidate(proposal.configuration, proposal.regularization_path, has_rival), timeout, proposal)
        return True

    def stops_early(self) -> bool:
        """Whether the stopping rule ends the search, so that what still runs matters no more."""
        if not self._has_stopped and (reason := self._stopping.reason(self.n_started)):
            seconds = self._clock.budget.seconds
            self._log.note(f"The search ended after {self._clock.elapsed:.0f} of {seconds:,.0f} s: {reason}.")
            self.is_closed = self._has_stopped = True
        return self._has_stopped

    def think_ahead(self) -> None:
        """Ask for the next proposal before a worker needs it, and so without the scores of the candidates that still run."""
        is_ending = self.is_closed or self.seconds_left <= self._clock.stretched(CANCELLATION)
        if self._clock.limited and self._next is None and not is_ending and self._proposer.thinks and not self._pool.idle:
            self._next = self._ask()

    def withdraw(self, proposal: Proposal) -> None:
        """Take back a proposal that was started and will not be evaluated now."""
        self._proposer.withdraw(proposal)
        self.n_started -= 1

    def withdraw_next(self) -> None:
        """Take back the proposal that was asked for ahead, if any."""
        self._withdraw_if_any(self._next)
        self._next = None

    def _ask_in_time(self) -> tuple[Proposal, float] | None:
        """Ask for proposals until one leaves time for others, and the seconds that it may run; None if there is none.

        One for which there is no time at all is tried with fewer features. After many in vain, the first that would end in time
        is the answer, as it may take all the time there is.
        """
        first_that_fits: Proposal | None = None
        for _ in range(_TOO_LONG):
            proposal, self._next = self._next or self._ask(), None
            if proposal is None:
                break
            if self.seconds_left <= 0:
                # Each proposal takes time, which would be taken from the refit.
                self._withdraw_if_any(proposal)
                self._withdraw_if_any(first_that_fits)
                return None
            chosen: Proposal | None = proposal
            if not self._leaves_time(proposal.configuration):
                if first_that_fits is None and self._fits(proposal.configuration):
                    first_that_fits = proposal
                    continue
                chosen = self._proposer.reduce(proposal, self._leaves_time)
            if chosen is not None:
                self._withdraw_if_any(first_that_fits)
                longest = self._allowance.longest(chosen.configuration, self.seconds_left, not self._log.leaderboard)
                return self._shorten_path(chosen), self._allowance.timeout(chosen.configuration, longest)
        if first_that_fits is not None and self._fits(first_that_fits.configuration):
            timeout = self._allowance.timeout(first_that_fits.configuration, self.seconds_left)
            return self._proposer.drop_regularization_path(first_that_fits), timeout
        self._withdraw_if_any(first_that_fits)
        self.is_closed = proposal is not None
        return None

    def _ask(self) -> Proposal | None:
        if not self._clock.limited:
            return self._proposer.ask()
        seconds_left, is_first = self.seconds_left, not self._log.leaderboard
        return self._proposer.ask(lambda configuration: self._allowance.charged_seconds(configuration, seconds_left, is_first))

    def _withdraw_if_any(self, proposal: Proposal | None) -> None:
        if proposal is not None:
            self._proposer.withdraw(proposal)

    def _leaves_time(self, configuration: Configuration) -> bool:
        """Whether a candidate would leave time for others."""
        return self._allowance.charged_seconds(configuration, self.seconds_left, not self._log.leaderboard) is not None

    def _fits(self, configuration: Configuration) -> bool:
        """Whether a candidate would end in time, and its refit, if nothing else was started."""
        return (self._costs.required_seconds(configuration) <= self.seconds_left
                and self._allowance.can_lead(configuration))

    def _shorten_path(self, proposal: Proposal) -> Proposal:
        """Leave out the regularization path of a proposal if it would take too much memory, or too much of the seconds left."""
        validation = self._selection.out_of_fold.validation
        is_large = len(proposal.configurations) * len(validation.targets) * validation.n_classes > _PATH_CELLS
        is_too_much = is_large or self._costs.path_takes_long(proposal.configuration, self.seconds_left)
        return self._proposer.drop_regularization_path(proposal) if proposal.regularization_path and is_too_much else proposal

    def _is_expensive_running(self) -> bool:
        return any(isinstance(job.note, Proposal) and is_expensive(job.note.configuration) for job in self._pool.jobs)
