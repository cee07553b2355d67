"""Check on the record: what every grid has to say about itself."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from gridgeo.model import Finding
from gridgeo.text import Text
from gridgeo.validate.case import Case
from gridgeo.validate.values import texts

_FIELDS = {
    "name": Text("name", "名称"),
    "kind": Text("kind", "类型"),
    "community": Text("community", "所属社区"),
    "households": Text("households", "户数"),
}
_KINDS = ("", "basic", "dedicated", "open")


def attributes_complete(case: Case) -> Iterator[Finding]:
    """Every grid states name, kind, community and households, and its kind is a known one.

    A field that no grid has is one finding, about all of them.
    """
    for field, noun in _FIELDS.items():
        lacking = pd.Series(texts(case.subject.grids[field])) == ""
        yield from _about(
            case,
            lacking.to_numpy(),
            Text(f"no {noun.en}", f"缺少{noun.zh}"),
        )
    kinds = texts(case.subject.grids["kind"])
    for kind in sorted(set(kinds) - set(_KINDS)):
        said = Text(f"the unknown kind {kind!r}", f"的类型“{kind}”未知")
        yield from _about(case, np.array([own == kind for own in kinds]), said)


def _about(case: Case, rows: np.typing.NDArray[np.bool_], said: Text) -> Iterator[Finding]:
    count = int(rows.sum())
    if count:
        whole = count == len(rows)
        some = "1 grid has" if count == 1 else f"{count} grids have"
        yield Finding(
            rule="attributes_complete",
            severity="warning",
            message=Text(
                f"{'all grids have' if whole else some} {said.en}",
                f"{'全部' if whole else f'{count} 个'}网格{said.zh}",
            ),
            grids=() if whole else case.named(np.flatnonzero(rows)),
            amount=float(count),
            unit="grids",
        )
