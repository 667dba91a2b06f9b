"""autotext with a pretrained transformer."""

from autotext.benchmark.autotext_arm import AutotextArm


class AutotextEncoder(AutotextArm):
    """autotext that may use a pretrained transformer."""

    needs_encoder = True
