"""Earlier pipelines that a search may transfer from: what they answer, and the pretrained models inside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autotext.components import PretrainedFeature
from autotext.components.pretrained import PretrainedModels, reading_components
from autotext.pipeline import TextPipeline, Transferred, load_pipeline


def find_sources(transfer_from: Sequence[TextPipeline | Path], folder: Path, frozen: bool = True) -> PretrainedModels:
    """The pipelines, and the pretrained models inside them, by the feature components that read them.

    Parameters
    ----------
    transfer_from : sequence of TextPipeline or Path
    folder : Path
        Pipelines that were not saved, and models, are written there.
    frozen : bool, default=True
        Also models that the pipelines used as they were given; else only those that they trained.

    Raises
    ------
    ArtifactError
        One is no pipeline.
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
    """The feature whose model a pipeline trained, that of the member of most weight; without one, those used as given."""
    parts = pipeline.fitted_.chain.components
    features = [part for part in parts if isinstance(part, PretrainedFeature) and part.writes_models]
    trained = [feature for feature in features if feature.is_trained]
    given = {str(feature.model): feature for feature in features if frozen}
    return trained[:1] or list(given.values())
