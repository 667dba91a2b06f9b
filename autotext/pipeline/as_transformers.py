"""Pipelines in two forms of transformers: as its text-classification pipeline, and as a folder of one of its models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from autotext.components.transformer import Transformer, silence_transformers
from autotext.errors import ArtifactError
from autotext.pipeline.ensemble import Ensemble
from autotext.pipeline.fitted import FittedPipeline
from autotext.pipeline.reference_texts import REFERENCE_TEXTS
from autotext.pipeline.saving import check_target, filled_folder

# Architectures whose head is a tanh of the first state, and the names of its two layers.
_HEADS = {"bert": ("bert.pooler.dense", "classifier"), "roberta": ("classifier.dense", "classifier.out_proj"),
          "xlm-roberta": ("classifier.dense", "classifier.out_proj"), "camembert": ("classifier.dense", "classifier.out_proj")}
# A factor so small that tanh is linear, and one so large that what is added to the product does not matter.
_SMALL, _LARGE = 1e-3, 1e6
_TOLERANCE = 2e-3
_SURE = 80.0


def save_transformers(pipeline: FittedPipeline, folder: Path) -> Path:
    """Write a fine-tuned pipeline as a model for sequence classification with its tokenizer.

    Parameters
    ----------
    pipeline : FittedPipeline
    folder : Path
        New in a folder that exists, or empty: the files of a model cannot all be replaced in one step.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ArtifactError
        The pipeline has no such form, or the folder cannot be written.

    Notes
    -----
    The classifiers of transformers read the state of the first token. One more layer moves the mean of all states there: its
    attention is uniform, and its output so large that the first state adds nothing to it, so that the answers stay the same.
    """
    check_target(folder, replace=False)
    transformers = _transformers()
    encoder, weights, bias = _parts(pipeline)
    model = _with_head(pipeline, encoder, weights, bias)
    tokenizer = encoder.pretrained_tokenizer(prefixed=True)
    with silence_transformers(), filled_folder(folder, "config.json") as beside:
        model.save_pretrained(beside)
        tokenizer.save_pretrained(beside)
        answers = transformers.pipeline("text-classification", str(beside), device="cpu")
        moved = _moved(pipeline, encoder, weights, bias, answers)
        if moved > _TOLERANCE:
            raise ArtifactError(f"The folder would not answer like the pipeline: probabilities move by up to {moved:.2g}.")
    return folder


def _transformers() -> Any:
    """Import transformers and what it needs.

    Raises
    ------
    ArtifactError
        It is not installed.
    """
    try:
        import torch  # noqa: F401
        import transformers
    except ImportError as error:
        raise ArtifactError(f'This needs {error.name}, which is not installed: pip install "autotext[encoders]".') from error
    return transformers


def _parts(pipeline: FittedPipeline) -> tuple[Transformer, NDArray[np.float64], NDArray[np.float64]]:
    """The trained transformer, and the matrix and constants that turn its vectors into margins."""
    chain = pipeline.chain
    if isinstance(chain, Ensemble):
        raise ArtifactError(f"An ensemble of {len(chain.chains)} has no form in transformers, whose folder holds one network. "
                            "Fit its fine-tuned member alone, TextPipeline(pipeline.members[i]).fit(texts, labels), and save "
                            "that; or use as_transformers(), which wraps any pipeline.")
    names = [feature.name for feature in chain.features]
    if names != ["fine_tuned"]:
        raise ArtifactError(f"Only a pipeline whose one feature is fine_tuned is a network of transformers; this one has "
                            f"{' + '.join(names)}. as_transformers() wraps any pipeline.")
    encoder: Transformer = chain.features[0].network  # type: ignore[attr-defined]
    points = np.random.default_rng(0).normal(size=(4, encoder.width))
    rows = np.vstack([np.zeros((1, encoder.width)), np.eye(encoder.width), points])
    margins = chain.model.decision_function(csr_matrix(rows))
    bias, weights = margins[0], margins[1:-4] - margins[0]
    if np.abs(points @ weights + bias - margins[-4:]).max() > 1e-6 * (1.0 + np.abs(margins).max()):
        raise ArtifactError(f"The model {chain.model.name} is not linear, or a class had no training row, so it is no head of "
                            "transformers. Use logistic, linear_svm or ridge. as_transformers() wraps any pipeline.")
    return encoder, weights, bias


def _with_head(pipeline: FittedPipeline, encoder: Transformer, weights: NDArray[np.float64], bias: NDArray[np.float64]) -> Any:
    """The network of transformers that answers like the pipeline."""
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification

    settings = dict(encoder.config)
    kind = str(settings.pop("model_type"))
    if kind not in _HEADS:
        raise ArtifactError(f"A model of type {kind} cannot be written as one for classification; {', '.join(_HEADS)} can. "
                            "as_transformers() wraps any pipeline.")
    layers, width = int(settings["num_hidden_layers"]), encoder.width
    problem = "multi_label_classification" if pipeline.kind == "multilabel" else "single_label_classification"
    labels = {number: str(label) for number, label in enumerate(pipeline.classes)}
    named = {"id2label": labels, "label2id": {label: number for number, label in labels.items()}, "problem_type": problem}
    config = AutoConfig.for_model(kind, **{**settings, **named, "num_hidden_layers": layers + 1})
    model = AutoModelForSequenceClassification.from_config(config, trust_remote_code=False)
    state = model.state_dict()
    body = f"{model.base_model_prefix}."
    state.update({body + name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in encoder.weights.items()
                  if body + name in state})
    for name in state:
        if name.startswith(f"{body}encoder.layer.{layers}."):
            state[name] = torch.zeros_like(state[name])
            if name.endswith("LayerNorm.weight"):
                state[name] += 1.0
    if encoder.pooling == "mean":
        state[f"{body}encoder.layer.{layers}.attention.self.value.weight"] = _LARGE * torch.eye(width)
        state[f"{body}encoder.layer.{layers}.attention.output.dense.weight"] = torch.eye(width)
    dense, out = _HEADS[kind]
    state[f"{dense}.weight"], state[f"{dense}.bias"] = _SMALL * torch.eye(width), torch.zeros(width)
    # The output of the last layer norm has the length sqrt(width).
    temperature = pipeline.decision.temperature
    state[f"{out}.weight"] = torch.from_numpy(weights.T / (temperature * _SMALL * width**0.5)).float()
    state[f"{out}.bias"] = torch.from_numpy(bias / temperature).float()
    model.load_state_dict(state)
    return model.eval()


def _moved(pipeline: FittedPipeline, encoder: Transformer, weights: NDArray[np.float64], bias: NDArray[np.float64],
           answers: Any) -> float:
    """Largest difference between the probabilities of the written model and those of the pipeline."""
    texts = [text for text in REFERENCE_TEXTS if text.strip()]
    # In single precision, which transformers uses, whatever the pipeline uses on this machine.
    vectors = encoder.vectors(encoder.tokens(texts), exact=True)
    expected = pipeline.decision.probabilities(vectors @ weights + bias)
    scored = answers(texts, top_k=None, truncation=True)
    names = [str(label) for label in pipeline.classes]
    return max(abs(entry["score"] - row[names.index(entry["label"])])
               for row, entries in zip(expected, scored, strict=True) for entry in entries)


def as_transformers(pipeline: FittedPipeline) -> Any:
    """Wrap a pipeline as a ``transformers.TextClassificationPipeline``.

    Parameters
    ----------
    pipeline : FittedPipeline

    Returns
    -------
    transformers.TextClassificationPipeline
        Takes what that takes: lists, generators and data sets, ``top_k``, ``batch_size``, ``function_to_apply``.

    Raises
    ------
    ArtifactError
        transformers is not installed.
    """
    _transformers()
    import torch
    from transformers import PretrainedConfig, PreTrainedModel, TextClassificationPipeline
    from transformers.modeling_outputs import SequenceClassifierOutput

    class AutotextModel(PreTrainedModel):  # type: ignore[misc]
        """Model that takes code points of a text and gives the logits of the pipeline."""

        config_class = PretrainedConfig

        def __init__(self, config: Any) -> None:
            super().__init__(config)
            # transformers asks the parameters of a model for its device.
            self.nothing = torch.nn.Parameter(torch.zeros(0))

        def forward(self, input_ids: Any, **_: Any) -> Any:
            logits = pipeline.chain.margins([_text(row) for row in input_ids.cpu().numpy()]) / pipeline.decision.temperature
            if pipeline.kind == "multilabel":
                # Beyond this value, the sigmoid of transformers overflows.
                logits = np.clip(logits, -_SURE, _SURE)
            return SequenceClassifierOutput(logits=torch.from_numpy(logits))

    class AutotextPipeline(TextClassificationPipeline):  # type: ignore[misc]
        """Text-classification pipeline that answers with a pipeline of autotext."""

        def check_model_type(self, supported_models: Any) -> None:
            """Accept any model."""

        def preprocess(self, inputs: Any, **_: Any) -> Any:
            (text,) = pipeline.read([inputs])
            return self.tokenizer(text)

        def save_pretrained(self, *_: Any, **__: Any) -> None:
            raise ArtifactError("This only wraps a pipeline of autotext: save that, pipeline.save(folder).")

    labels = {number: str(label) for number, label in enumerate(pipeline.classes)}
    problem = "multi_label_classification" if pipeline.kind == "multilabel" else "single_label_classification"
    config = PretrainedConfig(id2label=labels, label2id={label: number for number, label in labels.items()},
                              problem_type=problem)
    return AutotextPipeline(model=AutotextModel(config).eval(), tokenizer=_Letters(), device="cpu")


class _Letters:
    """The part of a tokenizer that pipelines use: each character becomes its code point plus 1."""

    pad_token_id, padding_side = 0, "right"

    def __call__(self, text: str, **_: Any) -> dict[str, Any]:
        import torch

        letters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.int64) + 1
        return {"input_ids": torch.from_numpy(letters[None])}


def _text(letters: NDArray[np.int64]) -> str:
    return (letters[letters > 0] - 1).astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
