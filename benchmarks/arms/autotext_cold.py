"""autotext without prior results."""

from autotext.benchmark.autotext_arm import AutotextArm


class AutotextCold(AutotextArm):
    """autotext that knows no prior results."""

    meta_learner = None
