"""autotext as it is."""

from autotext.benchmark.autotext_arm import AutotextArm


class Autotext(AutotextArm):
    """autotext with nothing but a budget."""
