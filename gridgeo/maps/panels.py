"""What stands beside every map: title and figures, legend, and the order of the layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import folium
from branca.element import MacroElement
from folium.map import Layer
from folium.template import Template

from gridgeo.maps.escape import as_script


class Panels(MacroElement):
    """The title with the figures, the legend, and the order of the layers.

    Parameters
    ----------
    title, figures, credit
        What the panel above the map says; `credit` names the sources of the data, ``""`` for none.
    legend
        Title and groups of entries.
    bounds
        What the map shows at first, as `gridgeo.maps.base.bounds_of` tells it.
    layers
        From the lowest to the uppermost.
    named
        The layers that the tools of the page work on, by name; None for a page without tools.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "{% set map = this._parent.get_name() %}"
        "gridgeo.title({{ map }}, {{ this.title }});"
        "gridgeo.legend({{ map }}, {{ this.legend }});"
        "gridgeo.fit({{ map }}, {{ this.bounds|tojson }});"
        "gridgeo.keepOrder({{ map }}, ["
        "{% for layer in this.layers %}{{ layer.get_name() }}, {% endfor %}]);"
        "{% if this.named is not none %}"
        "gridgeo.work({{ map }}, { "
        "{% for key, layer in this.named.items() %}{{ key }}: {{ layer.get_name() }}, {% endfor %} "
        "});"
        "{% endif %}"
        "{% endmacro %}"
    )

    def __init__(
        self,
        *,
        title: str,
        figures: Sequence[tuple[str, str]],
        credit: str,
        legend: Mapping[str, Any],
        bounds: list[list[float]],
        layers: Sequence[folium.GeoJson],
        named: Mapping[str, Layer] | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Panels"
        lines = [credit] if credit else []
        self.title = as_script({"title": title, "figures": figures, "lines": lines})
        self.legend = as_script(legend)
        self.bounds = bounds
        self.layers = layers
        self.named = named
