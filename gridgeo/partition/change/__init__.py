"""The least change: from an existing partition and new counts to grids in the band."""

from gridgeo.partition.change.labels import Change, adjust_labels

__all__ = ["Change", "adjust_labels"]
