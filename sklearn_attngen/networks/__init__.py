"""Pure torch: the networks, and masking and attribution as functions of tensors.

Nothing here knows scikit-learn or skorch.
"""

from sklearn_attngen.networks._attngen import (
    AttentionPooling,
    AttnGenNetwork,
    carries_signal,
    spread,
)
from sklearn_attngen.networks._attribution import (
    INTERIOR_POINT,
    attend,
    attention_heads,
    attention_x_gradient,
    gradient_x_input,
    integrated_gradients,
    interior_gradient,
    path_gradient,
)
from sklearn_attngen.networks._cnn import CNNNetwork
from sklearn_attngen.networks._encoder import ConvEncoder
from sklearn_attngen.networks._ensemble import Ensemble, networks_in
from sklearn_attngen.networks._evaluation import (
    evaluation_mode,
    keep_freed_memory,
    leave_inference_mode,
)
from sklearn_attngen.networks._halfway import halfway_point
from sklearn_attngen.networks._layers import (
    BatchNorm,
    Exponential,
    PositionBias,
    Residual,
    SeededDropout,
    build_module,
    kept_statistics,
    set_generator,
)
from sklearn_attngen.networks._masking import (
    MASK_ORDERS,
    MASK_SCHEDULES,
    MASK_VALUES,
    fill_positions,
    mask_priority,
    scheduled_fraction,
    select_positions,
)
from sklearn_attngen.networks._probability import probability_change
from sklearn_attngen.networks._substitutions import substitution_logits
from sklearn_attngen.networks._voting import Voting

__all__ = [
    "INTERIOR_POINT",
    "MASK_ORDERS",
    "MASK_SCHEDULES",
    "MASK_VALUES",
    "AttentionPooling",
    "AttnGenNetwork",
    "BatchNorm",
    "CNNNetwork",
    "ConvEncoder",
    "Ensemble",
    "Exponential",
    "PositionBias",
    "Residual",
    "SeededDropout",
    "Voting",
    "attend",
    "attention_heads",
    "attention_x_gradient",
    "build_module",
    "carries_signal",
    "evaluation_mode",
    "fill_positions",
    "gradient_x_input",
    "halfway_point",
    "integrated_gradients",
    "interior_gradient",
    "keep_freed_memory",
    "kept_statistics",
    "leave_inference_mode",
    "mask_priority",
    "networks_in",
    "path_gradient",
    "probability_change",
    "scheduled_fraction",
    "select_positions",
    "set_generator",
    "spread",
    "substitution_logits",
]
