"""A province: cut into parts that are done one by one, by any number of workers, and resumed."""

from gridgeo.parts.load import load_part
from gridgeo.parts.run import Province, run_parts

__all__ = ["Province", "load_part", "run_parts"]
