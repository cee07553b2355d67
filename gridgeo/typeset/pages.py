"""From a template of Typst and plain data to pages."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from gridgeo.errors import InputError
from gridgeo.text import Text
from gridgeo.typeset.fonts import Fonts


def typeset(
    template: bytes,
    data: Mapping[str, Any],
    fonts: Fonts,
    *,
    name: str,
    remedy: Text,
    date: dt.date | None = None,
    root: Path | None = None,
    form: Literal["pdf", "png"] = "pdf",
) -> Any:
    """Return one PDF as bytes, or its pages as a list of PNG images.

    Values are data of the template, never markup. The same template, data, date and fonts give
    the same bytes.

    Parameters
    ----------
    template
        A Typst document that reads ``json(bytes(sys.inputs.data))``.
    data
        What JSON can hold.
    name, remedy
        What a template that is not understood is called, and what to do about it.
    date
        The date in the PDF; a template that sets none needs none.
    root
        The folder whose files the template may read.

    Raises
    ------
    InputError
        The template is not understood.
    """
    import typst  # noqa: PLC0415  (only when it is needed)

    compiler = typst.Compiler(root=None if root is None else str(root), font_paths=fonts.book)
    made = dt.datetime.combine(date or dt.date(2000, 1, 1), dt.time(), dt.UTC)
    try:
        return compiler.compile(
            template,
            format=form,
            ppi=110 if form == "png" else None,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            timestamp=made,
            pdf_tags=False,
        )
    except typst.TypstError as error:
        raise InputError(
            Text(
                f"the template is not understood: {error.message}",
                f"无法识别模板：{error.message}",
            ),
            file=name,
            remedy=remedy,
        ) from error
