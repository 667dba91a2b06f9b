"""Searching: an Optuna study, guarded workers, and the act of evaluating."""

from autotext.search.clock import Clock
from autotext.search.finish import Found
from autotext.search.pool import Pool, default_memory_mib, usable_cores
from autotext.search.proposer import Proposer, check_sampler
from autotext.search.search import OnEvaluation, Search
from autotext.search.storage import Storage

__all__ = ["Clock", "Found", "OnEvaluation", "Pool", "Proposer", "Search", "Storage", "check_sampler",
           "default_memory_mib", "usable_cores"]
