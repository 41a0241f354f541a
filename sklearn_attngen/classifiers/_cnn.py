"""CNNClassifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils._param_validation import StrOptions

from sklearn_attngen.classifiers._base import SequenceClassifier
from sklearn_attngen.networks import CNNNetwork
from sklearn_attngen.sequences import Alphabet


class CNNClassifier(SequenceClassifier):
    """Convolutional network for sequences: the baseline without attention and masking.

    Convolutions and training are those of :class:`AttnGenClassifier`. What differs: features are
    pooled by their mean and maximum over positions instead of attention as well, so that two small
    classifiers vote instead of three, the first filters are rectified instead of exponential, and
    nothing is masked. At 200 letters it has 82,000 parameters, and AttnGen, with its heads,
    104,000.

    Parameters
    ----------
    n_filters : int, default=64
        Number of filters of each convolution.
    kernel_size : int, default=11
        Width of the first filters, odd.
    pool_size : int, default=2
        Number of neighbouring positions that are averaged after the first filters. More makes the
        later layers see further and cost less; 1 keeps every position.
    n_layers : int, default=2
        Number of residual convolutions of width 7 after the first; their dilation doubles from 1.
    n_estimators : int or "auto", default="auto"
        Number of networks, alike but for their first weights and what else chance decides; the
        answer is the mean of their logits. Each has the cost of one. "auto" is 3 for up to 8,000
        rows with 1,600,000 letters at most, where chance decides most of the error, and 1 for more,
        for a first :meth:`partial_fit`, and for numbers that are no sequences. Training that goes
        on keeps the number.
    dropout : float, default=0.1
        Share of the values dropped after each layer while training.
    reverse_complement : {False, "augment", "average"}, default=False
        "augment" trains on a random strand of each sequence; "average" also averages prediction and
        saliency over both strands. Needs an alphabet with complements.
    alphabet : {"DNA", "RNA", "protein"}, str of letters or Alphabet, default="DNA"
        The letters of the sequences.
    max_epochs : int or "auto", default="auto"
        Number of passes over the rows. "auto": as many as give 1,000 steps of the optimiser, but
        from 16 to 120.
    batch_size : int, default=128
        Largest number of rows of a step of a network; the rows are spread evenly over the batches.
    learning_rate : float, default=0.006
        Highest rate of the one-cycle schedule of AdamW.
    weight_decay : float, default=0.01
        Weight decay of AdamW. The biases for positions always decay at 5; the gate before them
        decays as everything else.
    label_smoothing : float, default=0.05
        Share of each label that is spread evenly over all classes in the training loss, which keeps
        small training sets from being learned by heart. Probabilities get less extreme with it.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes. "balanced" counts rows with their sample weights.
    early_stopping : bool, default=False
        Hold out rows, stop when their loss has not fallen for ``n_iter_no_change`` epochs, and go
        back to the best weights.
    validation_fraction : float, default=0.1
        Share of the rows held out with ``early_stopping``, drawn by class. :meth:`fit` takes rows
        of your choice instead (``X_val``, ``y_val``).
    n_iter_no_change : int, default=5
        Epochs without improvement before stopping.
    saliency_method : {"interior_gradient", "gradient_x_input", "integrated_gradients"}, \
            default="interior_gradient"
        What :meth:`saliency` and ``saliency_`` use.
    device : str or torch.device, default="auto"
        Device as torch names it; "auto" is a CUDA device where there is one, else the CPU. MPS of
        Apple lacks float64, and is refused.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Precision of training, and of the magnitudes of "interior_gradient"; "auto" is bfloat16
        (autocast) on CUDA devices and CPUs that compute with it, else float32. The two give models
        of equal quality, not equal models, and of one model saliencies that differ by 2 to 6 % of
        their sum (single rows by up to 40 %) and find planted letters equally well: set one of them
        where different machines are compared. Prediction, signed evidence and all other methods
        always run in float32, whose convolutions newer GPUs round to TF32
        (``torch.backends.cudnn.allow_tf32``).
    net_params : dict or None, default=None
        Further parameters of the skorch net, such as ``{"optimizer": torch.optim.SGD}`` or
        ``{"callbacks": [...]}``; callbacks are added to the ones in use, but an ``LRScheduler``
        replaces the cycle of :meth:`fit` and starts from ``learning_rate``. Of several networks
        callbacks see batches, weights and gradients together: clipping is by the norm of all.
        Patterns for names of weights begin with ``*``. Rates of ``"optimizer__param_groups"`` are
        the highest of their cycle; ``"optimizer__momentum"`` and betas, also those of a group, stay
        as they are set. ``"compile": True`` compiles prediction and the training of a single
        network; several networks train uncompiled.
    warm_start : bool, default=False
        Go on from the weights of the last ``fit``. On equal rows in the same order
        ``early_stopping`` holds out the same ones again.
    verbose : int, default=0
        Above 0, print a line of losses after each epoch.
    random_state : int, RandomState instance or None, default=None
        Seed of weights, order of rows, dropout and strands. With an int, two fits give equal
        bits on a CPU at the same number of torch threads.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    n_features_in_ : int
        ``length_`` times the number of letters.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if ``fit`` was given a frame of encoded input.
    length_ : int
        Length of the sequences.
    n_estimators_ : int
        Number of networks.
    n_iter_ : int
        Number of epochs trained.
    history_ : list of dict
        Losses and seconds of each epoch. ``train_loss`` is the mean of the losses of all
        classifiers that vote, in all networks, smoothing included; ``valid_loss`` is the
        cross-entropy of their answer, for each validation row on the strand that was given.
    net_ : skorch.NeuralNet
        The net that trained.
    module_ : torch.nn.Module
        The network: (n, n_letters, L) one-hot to (n, n_classes) logits, for one strand. Of several
        networks their :class:`~sklearn_attngen.networks.Ensemble`; the names of its weights begin
        with ``networks.0.``, ``networks.1.`` and so on.
    device_ : str
        The device in use.
    interior_point_ : float
        Where between equal shares of all letters (0) and a sequence (1) "interior_gradient" takes
        its gradient: the :func:`~sklearn_attngen.networks.halfway_point` of the network as it was
        trained, on the given strand of at most 128 training rows; 0.7 where these tell nothing.
        :meth:`partial_fit` moves it with the rows it sees.
    saliency_ : ndarray of shape (L,)
        Mean saliency over at most 2,000 training rows.
    class_saliency_ : ndarray of shape (n_classes, L)
        The same over the rows of each class.
    feature_importances_ : ndarray of shape (`n_features_in_`,)
        ``saliency_`` divided over the letters that stand at each position; sums to 1.

    See Also
    --------
    AttnGenClassifier : The network with attention and masking.
    make_kmer_classifier : A linear model of k-mer counts.

    Notes
    -----
    Two-dimensional numbers that are not one-hot, and do not look like letter codes (:meth:`fit`),
    are read as L positions with one channel. They have no letters, so nothing is averaged over
    neighbours, normalised over the batch or dropped out there.

    References
    ----------
    .. [1] L. N. Smith and N. Topin, "Super-convergence: very fast training of neural networks using
       large learning rates", arXiv:1708.07120 (2017).

    Examples
    --------
    >>> from sklearn_attngen.classifiers import CNNClassifier
    >>> from sklearn_attngen.datasets import make_motif_sequences
    >>> data = make_motif_sequences(200, length=40, random_state=0)
    >>> classifier = CNNClassifier(max_epochs=30, random_state=0).fit(data.data, data.target)
    >>> classifier.predict_proba(data.data[:3]).shape
    (3, 2)
    >>> classifier.saliency(data.data[:3]).shape
    (3, 40)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **SequenceClassifier._parameter_constraints,
        "saliency_method": [StrOptions(set(SequenceClassifier._saliency_methods))],
    }

    def __init__(
        self,
        *,
        n_filters: int = 64,
        kernel_size: int = 11,
        pool_size: int = 2,
        n_layers: int = 2,
        n_estimators: int | str = "auto",
        dropout: float = 0.1,
        reverse_complement: bool | str = False,
        alphabet: str | Alphabet = "DNA",
        max_epochs: int | str = "auto",
        batch_size: int = 128,
        learning_rate: float = 6e-3,
        weight_decay: float = 0.01,
        label_smoothing: float = 0.05,
        class_weight: Mapping[Any, float] | str | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        saliency_method: str = "interior_gradient",
        device: str | torch.device = "auto",
        precision: str = "auto",
        net_params: dict[str, Any] | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_filters = n_filters
        self.kernel_size = kernel_size
        self.pool_size = pool_size
        self.n_layers = n_layers
        self.n_estimators = n_estimators
        self.dropout = dropout
        self.reverse_complement = reverse_complement
        self.alphabet = alphabet
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.saliency_method = saliency_method
        self.device = device
        self.precision = precision
        self.net_params = net_params
        self.warm_start = warm_start
        self.verbose = verbose
        self.random_state = random_state

    def _network(self) -> tuple[type[torch.nn.Module], dict[str, Any]]:
        return CNNNetwork, {"activation": "relu"}
