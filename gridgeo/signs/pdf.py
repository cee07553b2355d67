"""From the content of signs to PDF pages, by a Typst template that a county may replace."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from gridgeo.errors import InputError, why
from gridgeo.typeset import Fonts, typeset
from gridgeo.wording import Text

#: Paper sizes and how much larger than A4 they are.
SIZES: Mapping[str, float] = {"A4": 1.0, "A3": 2**0.5}
TEMPLATE = "sign.typ"


@dataclass(frozen=True, kw_only=True)
class SignRenderer:
    """Renders signs to pages; has what all pages share.

    ``families``: fonts in the order of choice. ``template``: a file of the user's; ours where None.
    """

    fonts: Fonts
    families: tuple[str, ...]
    size: str = "A4"
    lang: str = "zh"
    labels: Mapping[str, str]
    template: Path | None = None

    def source(self) -> bytes:
        """Return the template."""
        if self.template is None:
            return self.default_source()
        try:
            return self.template.read_bytes()
        except OSError as error:
            raise InputError(
                Text("the template cannot be read: ", "无法读取模板：") + why(error),
                file=str(self.template),
            ) from error

    @staticmethod
    def default_source() -> bytes:
        """Return our own template."""
        return files("gridgeo.signs").joinpath(TEMPLATE).read_bytes()

    def pages(
        self, signs: Sequence[Mapping[str, Any]], date: str, form: Literal["pdf", "png"] = "pdf"
    ) -> Any:
        """Return the pages of `signs`: one PDF as bytes, or a list of PNG images.

        The same signs, date, template and fonts give the same bytes.

        Raises
        ------
        InputError
            The template is not understood.
        """
        given = {
            "signs": list(signs),
            "labels": dict(self.labels),
            "fonts": list(self.families),
            "size": self.size.lower(),
            "scale": SIZES[self.size],
            "lang": self.lang,
        }
        return typeset(
            self.source(),
            given,
            self.fonts,
            name=str(self.template or TEMPLATE),
            remedy=Text(
                "Compare it with the one that --write-template writes",
                "请与 --write-template 写出的模板对照",
            ),
            date=dt.date.fromisoformat(date),
            root=None if self.template is None else self.template.resolve().parent,
            form=form,
        )
