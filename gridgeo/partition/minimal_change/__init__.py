"""Minimal change: from an existing partition and new counts to grids in the band."""
