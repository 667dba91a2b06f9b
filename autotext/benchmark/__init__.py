"""Benchmarks across suites of tasks: systems and models run under the same conditions, and compared."""

from autotext.benchmark.arms import Arm, shipped_arms
from autotext.benchmark.comparison import Comparison
from autotext.benchmark.runner import Benchmark
from autotext.benchmark.runs import Conditions
from autotext.benchmark.suites import Suite, shipped_suites
from autotext.benchmark.tasks import BenchmarkTask, shipped_tasks

__all__ = ["Arm", "Benchmark", "BenchmarkTask", "Comparison", "Conditions", "Suite", "shipped_arms", "shipped_suites",
           "shipped_tasks"]
