"""Reading: any legal input becomes `gridgeo.model.Layers`, or a clear error."""

from gridgeo.read.layers import layers_from_frames, read_layers

__all__ = ["layers_from_frames", "read_layers"]
