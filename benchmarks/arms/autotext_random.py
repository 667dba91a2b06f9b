"""autotext without prior results and without a sampler that learns."""

import optuna

from autotext.benchmark.autotext_arm import AutotextArm


class AutotextRandom(AutotextArm):
    """autotext that draws at random: what the meta-learner and the sampler are there to beat."""

    meta_learner = None

    def sampler(self, seed):
        """Draw at random."""
        return optuna.samplers.RandomSampler(seed=seed)
