"""An exported graph, with shapes that it would compute anew for each text written into it.

The exporter lets each reshape ask its neighbours for their sizes, by eight small nodes. Only one size ever differs, the
number of tokens, and a reshape finds one open size by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

PROBES = (7, 97)  # tokens of the texts on which the graph is watched: primes, so that no size of a model is a multiple


def write_shapes(exported: Path, written: Path) -> None:
    """Writes ``exported`` to ``written`` with its reshapes' shapes as constants, the number of tokens left open.

    The graph takes ``ids`` (1, tokens) and gives ``vector``. Shapes in which more than the number of tokens differs
    stay computed.
    """
    model = onnx.load(exported)
    reshapes = [node for node in model.graph.node if node.op_type == "Reshape"]
    outputs = [node.output[0] for node in reshapes]
    seen = [_shapes(model, outputs, tokens) for tokens in PROBES]
    for node, one, other in zip(reshapes, *seen, strict=True):
        if len(one) == len(other) and (one != other).sum() <= 1:
            name = f"{node.output[0]}_shape"
            model.graph.initializer.append(onnx.numpy_helper.from_array(np.where(one == other, one, -1), name))
            node.input[1] = name
    kept = onnx.utils.Extractor(model).extract_model(["ids"], ["vector"])  # without what nothing reads any more
    onnx.save(kept, written)


def _shapes(model: onnx.ModelProto, outputs: Sequence[str], tokens: int) -> list[NDArray[np.int64]]:
    """The shapes of inner ``outputs`` when the graph reads that many tokens."""
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    shapes = [f"{output}_watched" for output in outputs]
    for output, shape in zip(outputs, shapes, strict=True):
        watched.graph.node.append(onnx.helper.make_node("Shape", [output], [shape]))
        watched.graph.output.append(onnx.helper.make_tensor_value_info(shape, onnx.TensorProto.INT64, None))
    session = onnxruntime.InferenceSession(watched.SerializeToString(), providers=["CPUExecutionProvider"])
    found: list[NDArray[np.int64]] = session.run(shapes, {"ids": np.ones((1, tokens), np.int64)})
    return found
