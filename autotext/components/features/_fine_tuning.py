"""Fine-tuning: training a transformer further on labelled texts, in torch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from autotext.components.transformer import Transformer, device, half_precision, many_shapes
from autotext.silence import temporarily, without_warnings

_BATCH = 32
# Number of batches whose texts are sorted by length together; and, for pairs, number of parts of a batch with similar lengths.
_POOL, _PARTS = 16, 4
_WARM_UP = 0.1
_DECAY = 0.01
_LONGEST_GRADIENT = 1.0
# Factor on the learning rate of the head, which is small and new.
_HEAD_RATE = 10.0
# Number of rows on which the head is first fitted, and the inverse of its regularization.
_HEAD_ROWS, _HEAD_C = 500, 10.0
# Number of steps that are left out of the pace, as they also set things up; and number of steps before the pace is used.
_SETTLING, _BELIEVED = 2, 6
# Factor on the loss in 16-bit floating point, in which small gradients would be 0, at the beginning.
_SCALE = 4096.0


@dataclass(frozen=True)
class Recipe:
    """How a transformer is fine-tuned.

    Parameters
    ----------
    loss : {"classes", "pairs"}
        Cross-entropy of a linear head, or a loss on cosines of pairs of texts of the same class and of different ones.
    layers : {"all", "half"}
        Layers that are trained: all, or the half nearest to the output. Vectors of word pieces are never trained.
    epochs : float
        Number of passes over the rows; the last one may be a part.
    rate : float
        Learning rate, which is reached after a tenth of the steps and then lowered to 0.
    """

    loss: str
    layers: str
    epochs: float
    rate: float


def fine_tune(transformer: Transformer, tokens: Sequence[list[int]], y: NDArray[Any], recipe: Recipe, seed: int,
          progress_callback: Callable[[float], None] = lambda seconds: None) -> Transformer:
    """Train a transformer further on labelled texts; the vectors of the trained one are centred.

    Parameters
    ----------
    transformer : Transformer
    tokens : sequence of lists of int
        Tokens of each row.
    y : array of shape (n_rows,) or (n_rows, n_classes)
        Class numbers, or 0/1 indicators.
    recipe : Recipe
    seed : int
    progress_callback : callable
        Called between steps, as soon as the pace is known, with the seconds that the training will take in all; it may raise an
        error to end it.

    Notes
    -----
    Kumar et al. (2022), "Fine-tuning can distort pretrained features", ICLR: the head is fitted first. Tunstall et al. (2022),
    "Efficient few-shot learning without prompts": cosines of pairs; here of all pairs of a batch, so no text is read twice.
    """

    def train() -> Transformer:
        with _seeded(seed), many_shapes():
            return _train(transformer, tokens, y, recipe, seed, progress_callback)

    return _reproducibly(train) if device() == "cuda" else train()


def _train(transformer: Transformer, tokens: Sequence[list[int]], y: NDArray[Any], recipe: Recipe, seed: int,
           progress_callback: Callable[[float], None]) -> Transformer:
    """Train as `fine_tune` does, with the state that torch is in."""
    import torch

    started_at = time.perf_counter()
    start = replace(transformer, centred=True)
    network = start.network()
    half, kind = _training_precision(start, network, tokens[:2]), network.device.type
    _freeze(network.train(), recipe.layers)
    indicators = _indicators(y)
    head = _first_head(start, tokens, indicators, seed).to(network.device) if recipe.loss == "classes" else None
    plan = list(_plan(tokens, indicators, recipe, np.random.default_rng(seed)))
    optimizer, schedule = _optimizer(network, head, recipe, len(plan))
    targets, is_multilabel = torch.from_numpy(indicators).to(network.device), y.ndim == 2
    scaler = torch.amp.GradScaler(kind, init_scale=_SCALE, enabled=half == torch.float16)
    # To a GPU, several small parts are far more work than a large one.
    n_parts = _PARTS if recipe.loss == "pairs" and kind == "cpu" else 1
    pace = _Pace(tokens, plan, started_at, torch.cuda.synchronize if kind == "cuda" else lambda: None)
    for rows in plan:
        with torch.autocast(kind, dtype=half or torch.bfloat16, enabled=half is not None):
            vectors = _forward(start, network, [tokens[row] for row in rows], n_parts)
        loss = _loss(vectors.float(), targets[rows], head, is_multilabel)
        optimizer.zero_grad(set_to_none=True)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(network.parameters(), _LONGEST_GRADIENT)
        scaler.step(optimizer)
        scaler.update()
        schedule.step()
        if seconds := pace.seconds(rows):
            progress_callback(seconds)
    weights = {name: value.detach().float().cpu().numpy() for name, value in network.state_dict().items()}
    return replace(start, weights=weights)


def _reproducibly(train: Callable[[], Transformer]) -> Transformer:
    """Train with operations that give the same every time, if the GPU has such operations for the whole network.

    It has none if other code of this process multiplied matrices on it before ``CUBLAS_WORKSPACE_CONFIG`` was set.
    """
    import torch

    if not torch.are_deterministic_algorithms_enabled():
        try:
            with temporarily(torch.are_deterministic_algorithms_enabled, torch.use_deterministic_algorithms, True):
                return train()
        except RuntimeError as error:
            # The first step ends like this.
            if "deterministic" not in str(error):
                raise
    return train()


def _training_precision(transformer: Transformer, network: Any, tokens: Sequence[list[int]]) -> Any:
    """The torch type of half precision for training; None where it is not faster, or fails on some tokens as in DeBERTa."""
    import torch

    half = half_precision()
    if half is None:
        return None
    try:
        with torch.no_grad(), torch.autocast(network.device.type, dtype=half):
            transformer.forward(network, tokens)
    except torch.OutOfMemoryError:
        raise
    except RuntimeError:
        return None
    return half


class _Pace:
    """Predicts the seconds of a training from the tokens and seconds of its first steps.

    ``started_at`` is when it began, and ``wait`` waits for steps that a GPU has still to do.
    """

    def __init__(self, tokens: Sequence[list[int]], plan: Sequence[Sequence[int]], started_at: float,
                 wait: Callable[[], None]) -> None:
        self._tokens, self._wait, self._started_at = tokens, wait, started_at
        self._all = sum(map(self._size, plan))
        self._settled = time.perf_counter()
        self._steps = self._first = self._done = 0

    def _size(self, rows: Sequence[int]) -> int:
        return len(rows) * max(1, *(len(self._tokens[row]) for row in rows))

    def seconds(self, rows: Sequence[int]) -> float:
        """Count a step on some rows, and predict the seconds of all steps; 0 as long as that is not possible."""
        self._steps += 1
        self._done += self._size(rows)
        if self._steps in (_SETTLING, _BELIEVED):
            # Later, the few steps that a GPU has still to do make no difference.
            self._wait()
        now = time.perf_counter()
        if self._steps == _SETTLING:
            self._settled, self._first = now, self._done
        if self._steps < _BELIEVED:
            return 0.0
        pace = (now - self._settled) / (self._done - self._first)
        return self._settled - self._started_at + pace * (self._all - self._first)


@contextmanager
def torch_threads(threads: int) -> Iterator[None]:
    """Set the number of threads of torch while a block runs; 0: leave it."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    import torch

    devices = [torch.cuda.current_device()] if device() == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed % 2**63)
        yield


def _indicators(y: NDArray[Any]) -> NDArray[np.float32]:
    """Targets as 0/1 indicators, with one column per label, or per class that occurs."""
    if y.ndim == 2:
        return y.astype(np.float32)
    seen, codes = np.unique(y, return_inverse=True)
    return np.eye(len(seen), dtype=np.float32)[codes]


def _freeze(network: Any, layers: str) -> None:
    """Exclude the vectors of word pieces, each of which few texts use, and optionally half of the layers from training."""
    import torch

    network.get_input_embeddings().requires_grad_(False)
    if layers == "half":
        stacks = [module for module in network.modules() if isinstance(module, torch.nn.ModuleList)]
        stack = max(stacks, key=len)
        network.requires_grad_(False)
        for layer in stack[len(stack) // 2 :]:
            layer.requires_grad_(True)


def _first_head(transformer: Transformer, tokens: Sequence[list[int]], indicators: NDArray[np.float32], seed: int) -> Any:
    """A linear head, fitted on the vectors before training."""
    import torch

    rows = np.random.default_rng(seed).permutation(len(tokens))[:_HEAD_ROWS]
    vectors = transformer.vectors([tokens[row] for row in rows])
    head = torch.nn.Linear(transformer.width, indicators.shape[1])
    # A head whose solver stops early is a good start, too.
    with torch.no_grad(), without_warnings(ConvergenceWarning):
        head.weight.zero_()
        head.bias.zero_()
        for label, column in enumerate(indicators[rows].T):
            if 0 < column.sum() < len(column):
                classifier = LogisticRegression(C=_HEAD_C, solver="liblinear", tol=0.01).fit(vectors, column > 0)
                head.weight[label] = torch.from_numpy(classifier.coef_[0].astype(np.float32))
                head.bias[label] = float(classifier.intercept_[0])
    return head


def _plan(tokens: Sequence[list[int]], indicators: NDArray[np.float32], recipe: Recipe,
          rng: np.random.Generator) -> Iterator[list[int]]:
    """Rows of every step, each once an epoch: of similar length, or for pairs with two rows of a class next to each other."""
    lengths, n_left = np.array(list(map(len, tokens))), round(recipe.epochs * len(tokens))
    while n_left > 0:
        order = rng.permutation(len(tokens))[:n_left]
        n_left -= len(order)
        if recipe.loss == "pairs":
            # The sort is stable, so that within a class the order stays random.
            order = order[np.lexsort(indicators[order].T)]
            pairs = [order[start : start + 2] for start in range(0, len(order), 2)]
            order = np.concatenate([pairs[place] for place in rng.permutation(len(pairs))])
            yield from (order[start : start + _BATCH].tolist() for start in range(0, len(order), _BATCH))
            continue
        for start in range(0, len(order), _BATCH * _POOL):
            pool = order[start : start + _BATCH * _POOL]
            pool = pool[np.argsort(lengths[pool], kind="stable")]
            batches = [pool[begin : begin + _BATCH] for begin in range(0, len(pool), _BATCH)]
            yield from (batches[place].tolist() for place in rng.permutation(len(batches)))


def _forward(transformer: Transformer, network: Any, tokens: Sequence[list[int]], n_parts: int) -> Any:
    """Vectors of a batch, computed in parts of similar length."""
    import torch

    order = sorted(range(len(tokens)), key=lambda row: len(tokens[row]))
    parts = [part.tolist() for part in np.array_split(order, n_parts) if len(part)]
    vectors = torch.cat([transformer.forward(network, [tokens[row] for row in part]) for part in parts])
    return vectors[torch.from_numpy(np.argsort([row for part in parts for row in part])).to(vectors.device)]


def _optimizer(network: Any, head: Any, recipe: Recipe, steps: int) -> tuple[Any, Any]:
    import torch

    groups = [{"params": [value for value in network.parameters() if value.requires_grad], "lr": recipe.rate}]
    if head is not None:
        groups.append({"params": list(head.parameters()), "lr": recipe.rate * _HEAD_RATE})
    optimizer = torch.optim.AdamW(groups, weight_decay=_DECAY, fused=True)
    rising = max(1.0, _WARM_UP * steps)
    return optimizer, torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / rising, (steps - step) / max(1.0, steps - rising)))


def _loss(vectors: Any, indicators: Any, head: Any, is_multilabel: bool) -> Any:
    import torch

    if head is not None:
        scores = head(vectors)
        return (torch.nn.functional.binary_cross_entropy_with_logits(scores, indicators) if is_multilabel
                else torch.nn.functional.cross_entropy(scores, indicators))
    unit = torch.nn.functional.normalize(indicators, dim=1)
    wanted = unit @ unit.T
    error = (vectors @ vectors.T - wanted) ** 2
    same, different = (weights.triu(1) for weights in (wanted, 1.0 - wanted))
    # With many classes, few pairs are of the same one, so both kinds of pairs get the same total weight.
    return sum((error * weights).sum() / weights.sum().clamp(min=1e-6) for weights in (same, different))
