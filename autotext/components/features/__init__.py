"""Components of this stage, one file each."""
