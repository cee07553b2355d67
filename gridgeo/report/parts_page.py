"""The report of an area that was done in parts: the figures, and a row for each part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gridgeo.maps.escape import visible
from gridgeo.maps.style import SEVERITY_COLOURS
from gridgeo.model import Finding
from gridgeo.report.page import PAGES
from gridgeo.text import Lang, Text
from gridgeo.words import SEVERITIES, word


def parts_page(
    summary: Mapping[str, Any],
    parts: Sequence[Mapping[str, Any]],
    findings: Sequence[Finding],
    lang: Lang,
) -> str:
    """Return the report as one printable HTML page without script or network.

    Parameters
    ----------
    summary
        Figures of the whole area, as ``summary.json`` has them.
    parts
        The figures of each part, with its ``name``.
    findings
        The gravest ones.
    """
    title = Text("Governance grids", "网格划分方案").say(lang)
    name = str(summary["name"] or "")
    return PAGES.get_template("parts.html.j2").render(
        lang=lang,
        say=lambda en, zh: Text(en, zh).say(lang),
        title=f"{name} · {title}" if name else title,
        summary=summary,
        parts=parts,
        findings=findings,
        severity=lambda key: word(SEVERITIES, key, lang),
        colours=SEVERITY_COLOURS,
        share=lambda value: "-" if value is None else f"{value:.1%}",
        number=lambda value: "-" if value is None else f"{value:,.0f}",
        told=lambda message: message.say(lang),
        text=visible,
    )
