"""How a command ends: errors of ours become one line and exit code 2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from gridgeo.errors import GridgeoError, SettingsError
from gridgeo.text import LANGS, Lang, Text

UNUSABLE = 2


def lang_of(lang: str | None) -> Lang:
    """Return the language of what is printed: Chinese where none was asked for."""
    return "en" if lang == "en" else "zh"


@contextmanager
def errors(lang: str | None) -> Iterator[None]:
    """Turn our errors into one line and exit code 2."""
    try:
        if lang is not None and lang not in LANGS:
            raise SettingsError(
                Text(f"unknown language {lang!r}", f"未知的语言 {lang!r}"),
                key="--lang",
                remedy=Text(f"Choose {' or '.join(LANGS)}", f"可选：{'、'.join(LANGS)}"),
            )
        yield
    except GridgeoError as error:
        from gridgeo.cli.show import show_error  # noqa: PLC0415  (heavy)

        show_error(error, lang_of(lang))
        raise typer.Exit(UNUSABLE) from error
