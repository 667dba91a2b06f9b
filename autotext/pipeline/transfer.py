"""Earlier pipelines that a search may transfer from: what they answer, and the networks inside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autotext.components import PretrainedFeature, registry
from autotext.components.pretrained import READERS
from autotext.components.transformer import Transformer
from autotext.pipeline import TextPipeline, Transferred, load_pipeline


def find_sources(transfer_from: Sequence[TextPipeline | Path], folder: Path, frozen: bool = True) -> dict[str, tuple[str, ...]]:
    """Folders by the name of the feature component that reads them: the pipelines, and the transformers inside them.

    Parameters
    ----------
    transfer_from : sequence of TextPipeline or Path
    folder : Path
        Pipelines that were not saved, and networks, are written there.
    frozen : bool, default=True
        Also networks that the pipelines used as they were given; else only those that they trained.

    Raises
    ------
    ArtifactError
        One is no pipeline.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folders: list[str] = []
    networks: list[str] = []
    for number, one in enumerate(transfer_from):
        if isinstance(one, TextPipeline):
            pipeline, place = one, one.save(folder / f"pipeline-{number}")
        else:
            pipeline, place = load_pipeline(one), one
        folders.append(str(place))
        for part, network in enumerate(_networks(pipeline, frozen)):
            at = folder / f"network-{number}-{part}"
            network.write(at)
            networks.append(str(at))
    found = {Transferred.name: tuple(folders)} if folders else {}
    if networks and not registry()["features"]["encoder"].missing_dependency():
        found.update({name: tuple(networks) for name in READERS["encoder"]})
    return found


def _networks(pipeline: TextPipeline, frozen: bool) -> Sequence[Transformer]:
    """The fine-tuned transformer of a pipeline, that of the member of most weight; without one, those used as given."""
    features = [part for part in pipeline.chain_.components if isinstance(part, PretrainedFeature)]
    transformers = [(part, part.network) for part in features if isinstance(part.network, Transformer)]
    tuned = [network for part, network in transformers if part.expensive]
    given = {str(part.model): network for part, network in transformers if frozen}
    return tuned[:1] or list(given.values())
