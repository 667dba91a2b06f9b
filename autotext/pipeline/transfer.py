"""Earlier pipelines that a search transfers from: what they predict, and the pretrained models inside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autotext.components import PretrainedFeature
from autotext.components.pretrained import PretrainedModels, reading_components
from autotext.pipeline import TextPipeline, Transferred, load_pipeline


def find_sources(transfer_from: Sequence[TextPipeline | Path], folder: Path, frozen: bool = True) -> PretrainedModels:
    """Sort earlier pipelines, and the pretrained models inside them, by the feature components that can read them.

    Parameters
    ----------
    transfer_from : sequence of TextPipeline or Path
    folder : Path
        Where pipelines that were not saved yet, and the models inside them, are written.
    frozen : bool, default=True
        Whether models count that the pipelines used without training them.

    Raises
    ------
    ArtifactError
        A folder holds no pipeline.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folders: dict[str, tuple[str, ...]] = {}
    models: list[str] = []
    for number, source in enumerate(transfer_from):
        if isinstance(source, TextPipeline):
            pipeline, place = source, source.save(folder / f"pipeline-{number}")
        else:
            pipeline, place = load_pipeline(source), source
        folders[Transferred.name] = (*folders.get(Transferred.name, ()), str(place))
        for part, feature in enumerate(_features_to_reuse(pipeline, frozen)):
            written = folder / f"network-{number}-{part}"
            feature.write_model(written)
            models.append(str(written))
    for model in models:
        for cls in reading_components(model):
            if not cls.missing_dependency():
                folders[cls.name] = (*folders.get(cls.name, ()), model)
    return PretrainedModels(folders)


def _features_to_reuse(pipeline: TextPipeline, frozen: bool) -> Sequence[PretrainedFeature]:
    """The feature whose model the member of most weight trained; if none did, those whose models were not trained further."""
    components = pipeline.fitted_.chain.components
    features = [component for component in components if isinstance(component, PretrainedFeature) and component.writes_models]
    trained = [feature for feature in features if feature.is_trained]
    untrained = {str(feature.model): feature for feature in features if frozen}
    return trained[:1] or list(untrained.values())
