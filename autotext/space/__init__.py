"""Search spaces: which components and parameters a search may try, read from YAML files."""

from autotext.space.configuration import Configuration
from autotext.space.domains import Choice, Domain, Float, Int, Scalar
from autotext.space.reader import shipped_spaces
from autotext.space.space import STAGES, SearchSpace

__all__ = ["STAGES", "Choice", "Configuration", "Domain", "Float", "Int", "Scalar", "SearchSpace", "shipped_spaces"]
