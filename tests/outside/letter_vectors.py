"""A feature with a pretrained model of a kind of its own, as a user would write it: vectors of letters, trained further."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from autotext.components import Counts, FitContext, PretrainedFeature, register
from autotext.space import Int
from autotext.space.domains import FromTask

FILE = "letters.json"


@dataclass(frozen=True, eq=False)
class LetterTable:
    """Letters, and a vector for each."""

    letters: str
    vectors: np.ndarray

    @classmethod
    def read(cls, folder):
        learned = json.loads((Path(folder) / FILE).read_text("utf-8"))
        return cls("".join(learned), np.array(list(learned.values()), dtype=np.float64))

    @classmethod
    def from_state(cls, learned, arrays):
        return cls(learned["letters"], arrays["vectors"])

    def state(self):
        return {"letters": self.letters}, {"vectors": self.vectors}

    def write(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        table = dict(zip(self.letters, self.vectors.tolist(), strict=True))
        (folder / FILE).write_text(json.dumps(table), "utf-8")


@register
class LetterVectors(PretrainedFeature):
    """Mean vector of a text's letters; training moves the vectors of letters that one class uses more apart."""

    name = "letter_vectors"
    folder_format = f"{FILE}, which maps letters to vectors"
    expensive = True
    is_trained = True
    writes_models = True
    count_parameters = ("model",)
    cost_parameters = ("model",)
    kind_parameters = ("model", "rounds")
    parameters = {"model": FromTask("encoders"), "rounds": Int(1, 5)}

    def __init__(self, model="", rounds=1):
        super().__init__(model)
        self.rounds = rounds

    _read = staticmethod(LetterTable.read)
    _from_state = staticmethod(LetterTable.from_state)

    @classmethod
    def reads(cls, folder):
        return (Path(folder) / FILE).is_file()

    @classmethod
    def warm_starts(cls, model, task):
        return [cls.alone(model, rounds=rounds) for rounds in (4, 2)]

    @classmethod
    def relative_cost(cls, parameters):
        return float(parameters.get("rounds", 1))

    @classmethod
    def test_params(cls, folder):
        letters = "abcdefghijklmnopqrstuvwxyz가나다라마이요화的好這这"
        LetterTable(letters, np.random.default_rng(0).normal(size=(len(letters), 4))).write(folder)
        return {"model": str(folder)}

    def write_model(self, folder):
        self.network.write(folder)

    def _vectors(self, documents):
        letters = self.network.letters
        counts = [[text.count(letter) for letter in letters] for text in documents]
        return sp.csr_matrix(np.array(counts, dtype=np.float64).reshape(len(counts), len(letters)))

    def fit(self, counts: Counts, y, context=FitContext()):  # noqa: B008
        targets = y.reshape(len(y), -1)[:, 0] > 0
        steps = max(1, round(self.rounds * context.epoch_multiplier))
        table = self.pretrained_model
        for _ in range(steps):
            context.progress_callback(0.001 * steps)
            shares = [np.asarray(counts.matrix[chosen].sum(axis=0)).ravel() + 1.0 for chosen in (targets, ~targets)]
            pull = np.log(shares[0] / shares[1])[:, None]
            table = replace(table, vectors=table.vectors + 0.1 * pull)
        self.model_ = table
        return self

    def transform(self, counts, context=FitContext()):  # noqa: B008
        sums = counts.matrix @ self.network.vectors
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        return sp.csr_matrix(np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0))
