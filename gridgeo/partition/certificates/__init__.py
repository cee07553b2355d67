"""Certificates: how good a solution is proved to be, and that none in band exists.

The search knows nothing of this package. `certify` is stage 9; `certificate_of` sums up the pieces
of a community; `certify_by_bound` is the lower bound alone.
"""

from gridgeo.partition.certificates.certificate import certificate_of, certify, certify_by_bound

__all__ = ["certificate_of", "certify", "certify_by_bound"]
