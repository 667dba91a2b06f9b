"""autotext with the meta-learner that listens."""

from autotext.benchmark.autotext_arm import AutotextArm


class AutotextHierarchical(AutotextArm):
    """autotext whose meta-learner listens to the results of the search."""

    meta_learner = "hierarchical"
