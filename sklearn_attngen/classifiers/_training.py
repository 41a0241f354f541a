"""Building and training the network of a classifier."""

from __future__ import annotations

import copy
import math
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from torch import Tensor

from sklearn_attngen.classifiers._reading import ReadingMixin, Rows
from sklearn_attngen.classifiers._targets import row_weights, validation_split
from sklearn_attngen.networks import Ensemble, build_module
from sklearn_attngen.sequences import Sequences, get_alphabet
from sklearn_attngen.training import (
    MIN_STEPS,
    Masking,
    SequenceDataset,
    SequenceNet,
    build_net,
    computes_bfloat16,
    resolve_device,
    resolve_epochs,
    resolve_networks,
    run_epochs,
)

# rows that `saliency_` averages over, so that it costs a few percent of a fit, and of the short
# trainings of `partial_fit`
SUMMARY_ROWS, PARTIAL_SUMMARY_ROWS = 2000, 100


class TrainingMixin(ReadingMixin):
    """Training of classifiers that compose a skorch net.

    Subclasses say which network they train (``_network``) and how it masks (``_masking``).
    """

    batch_size: int
    device: str | torch.device
    dropout: float
    early_stopping: bool
    kernel_size: int
    label_smoothing: float
    learning_rate: float
    max_epochs: int | str
    n_filters: int
    n_iter_no_change: int
    n_layers: int
    n_estimators: int | str
    net_params: dict[str, Any] | None
    pool_size: int
    precision: str
    random_state: int | np.random.RandomState | None
    reverse_complement: bool | str
    validation_fraction: float
    verbose: int
    weight_decay: float
    net_: SequenceNet
    _find_interior_point: Callable[[Sequences, NDArray[np.int64], bool], None]
    _summarise_saliency: Callable[[Sequences, NDArray[np.int64], int], None]

    @abstractmethod
    def _network(self) -> tuple[type[torch.nn.Module], dict[str, Any]]:
        """Return the network's class and the parameters that only it has."""

    def _masking(self, n_rows: int | None) -> Masking | None:
        """Return how training masks; None for a network that does not.

        The number of training rows is None for a training without an end.
        """
        return None

    def _start(
        self, sequences: Sequences, classes: NDArray[Any], n_rows: int | None = None
    ) -> torch.nn.Module:
        """Forget an earlier fit, so that a fit that fails leaves none; build the network.

        The number of rows is None where more may come.
        """
        for name in ("net_", "interior_point_", "_split_random"):
            self.__dict__.pop(name, None)
        letters = sequences.kind == "letters"
        if self.kernel_size % 2 == 0:
            raise ValueError(
                f"kernel_size must be odd, so that a filter has a middle letter, got "
                f"{self.kernel_size}."
            )
        if self.reverse_complement:
            if not letters:
                raise ValueError(
                    f"reverse_complement={self.reverse_complement!r} needs sequences; X holds "
                    f"numbers that are not one-hot. Set reverse_complement=False."
                )
            if get_alphabet(self.alphabet).complement_codes is None:
                raise ValueError(
                    f"reverse_complement={self.reverse_complement!r} needs an alphabet with "
                    f"complements (DNA or RNA), not {self.alphabet!r}."
                )
        self.classes_ = classes
        self.length_ = sequences.length
        self._kind = "letters" if letters else "numeric"
        self._layout = sequences.layout
        self._alphabet = sequences.alphabet
        self._averages = self.reverse_complement == "average"
        self._random = check_random_state(self.random_state)
        self._random = np.random.RandomState(self._random.randint(2**32, dtype=np.uint64))
        self.device_ = resolve_device(self.device)
        kind, _ = self._network()
        n_rows = n_rows if letters else None
        number = resolve_networks(self.n_estimators, n_rows, sequences.length)
        several = {"network": kind, "n_networks": number} if number > 1 else {}
        self.n_estimators_ = number
        self._kept = self._kept_parameters()
        values = sequences.values
        double = not letters and values is not None and values.dtype == np.float64
        module = build_module(
            Ensemble if several else kind,
            torch.Generator().manual_seed(self._draw_seed()),
            **several,
            n_channels=self._n_channels,
            n_positions=self.length_,
            n_classes=len(classes),
            batch_norm=letters,
            **self._architecture(),
        ).to(torch.float64 if double else torch.float32)
        self.n_iter_ = 0
        self.history_: list[dict[str, Any]] = []
        return module

    def _architecture(self) -> dict[str, Any]:
        """Return the parameters of the network."""
        _, own = self._network()
        letters = self._kind == "letters"
        given = {
            "n_filters": self.n_filters,
            "kernel_size": self.kernel_size,
            "pool_size": self.pool_size if letters else 1,
            "n_layers": self.n_layers,
            "dropout": self.dropout if letters else 0.0,
            **(own if letters else own | {"activation": "relu"}),
        }
        # NumPy's small numbers would overflow in sums of positions and channels
        return {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in given.items()
        }

    def _kept_parameters(self) -> dict[str, Any]:
        """Return the parameters that a fit decides once, also for the training that goes on."""
        number = self.n_estimators_ if self.n_estimators == "auto" else self.n_estimators
        kept = {**self._architecture(), "n_estimators": number}
        kept["reverse_complement"] = self.reverse_complement
        if self._kind == "letters":
            kept["alphabet"] = get_alphabet(self.alphabet)
        return kept

    def _go_on(self) -> None:
        """Check that nothing of the network was changed, and follow a change of the device."""
        for name, value in self._kept_parameters().items():
            kept = self._kept[name]
            if value != kept:
                given, needed = (repr(getattr(each, "name", each)) for each in (value, kept))
                raise ValueError(
                    f"{name}={given} differs from the {name}={needed} of the network that the "
                    f"training goes on with. Set {name}={needed}, or start anew: fit with "
                    f"warm_start=False."
                )
        self.device_ = resolve_device(self.device)

    def _train(
        self,
        module: torch.nn.Module,
        given: Rows,
        validation: Rows | None = None,
        *,
        cycle: bool = True,
    ) -> Self:
        sequences, index = given.sequences, given.index
        weight = row_weights(given.weight, index, self.classes_, self.class_weight, normalise=cycle)
        rows = np.flatnonzero(weight > 0)
        if cycle and len(np.unique(index[rows])) < 2:
            only = self.classes_[index[rows[:1]]].tolist()[0]
            raise ValueError(
                f"Only rows of the class {only!r} have a weight above zero, and two classes are "
                "needed. Check sample_weight and class_weight."
            )
        given = Rows(sequences, index, weight).take(rows)
        if validation is None and self.early_stopping and cycle:
            given, validation = self._hold_out(given)

        n_rows = len(given.index)
        n_batches = math.ceil(n_rows / self.batch_size)
        # calls of partial_fit differ in size, so that "auto" cannot count their steps
        epochs = resolve_epochs(self.max_epochs, n_batches if cycle else MIN_STEPS)
        net = build_net(
            module,
            previous=getattr(self, "net_", None),
            n_channels=self._n_channels,
            strands=self._complement if self.reverse_complement else None,
            masking=self._masking(n_rows if cycle else None) if self._kind == "letters" else None,
            bfloat16=self._in_bfloat16,
            epochs=epochs,
            n_batches=n_batches,
            epochs_done=0 if cycle else self.n_iter_,
            cycle=cycle,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            label_smoothing=self.label_smoothing,
            device=self.device_,
            valid=None if validation is None else self._dataset(validation),
            patience=self.n_iter_no_change if self.early_stopping else None,
            verbose=int(self.verbose),
            net_params=self.net_params,
        )
        run_epochs(net, self._dataset(given), self._draw_seed())
        net.module_.eval()
        self.net_ = net
        self.history_ = self.history_ + [
            {key: value for key, value in row.items() if key != "batches"}
            | {"epoch": self.n_iter_ + row["epoch"]}
            for row in net.history
        ]
        self.n_iter_ += len(net.history)
        self._find_interior_point(given.sequences, given.index, cycle)
        shown = SUMMARY_ROWS if cycle else PARTIAL_SUMMARY_ROWS
        self._summarise_saliency(given.sequences, given.index, shown)
        return self

    def _hold_out(self, rows: Rows) -> tuple[Rows, Rows]:
        """Return rows to train and to validate on.

        A training that goes on splits equal rows as before: it was trained on the others.
        """
        if not hasattr(self, "_split_random"):
            self._split_random = copy.deepcopy(self._random)
            random = self._random
        else:
            random = copy.deepcopy(self._split_random)
        train, valid = validation_split(rows.index, self.validation_fraction, random)
        return rows.take(train).weighed_alone(), rows.take(valid).weighed_alone()

    @contextmanager
    def _as_before_on_error(self, module: torch.nn.Module) -> Iterator[None]:
        """Put back what a training changes, so that the same call after it has the same outcome."""
        fitted, drawn = dict(vars(self)), self._random.get_state()
        weights_before = copy.deepcopy(module.state_dict()) if "net_" in fitted else None
        try:
            yield
        except BaseException:
            self.__dict__ = fitted
            self._random.set_state(drawn)
            if weights_before is not None:  # what was fitted stays fitted
                module.load_state_dict(weights_before)
                module.eval()
            raise

    @property
    def module_(self) -> torch.nn.Module:
        """The network: (n, n_letters, L) one-hot to (n, n_classes) logits, for one strand."""
        return self.net_.module_

    @property
    def _n_channels(self) -> int:
        return self._alphabet.n_letters if self._kind == "letters" else 1

    @property
    def _complement(self) -> list[int]:
        codes = self._alphabet.complement_codes
        assert codes is not None  # checked in _start
        return codes.tolist()

    @property
    def _in_bfloat16(self) -> bool:
        """Whether training and the default saliency compute in bfloat16."""
        if self.precision == "auto":
            return self._kind == "letters" and computes_bfloat16(self.device_)
        return self._kind == "letters" and self.precision == "bfloat16"

    def _dataset(self, rows: Rows) -> SequenceDataset:
        """Return rows as the net reads them."""
        data = as_tensor(self._network_input(rows.sequences))
        return SequenceDataset(data, torch.from_numpy(rows.index), torch.from_numpy(rows.weight))

    def _network_input(self, sequences: Sequences) -> NDArray[Any]:
        """Return codes (n, L), or values (n, n_channels, L)."""
        if sequences.codes is not None:
            return sequences.codes
        assert sequences.values is not None  # what has no codes has values
        return sequences.values.transpose(0, 2, 1)

    def _draw_seed(self) -> int:
        return int(self._random.randint(2**31))


def as_tensor(values: NDArray[Any]) -> Tensor:
    """Share memory where torch can; it cannot with read-only arrays."""
    return torch.from_numpy(np.require(values, requirements=["C", "W"]))
