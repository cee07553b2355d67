"""Layers that the page draws itself, on canvases of its own."""

from __future__ import annotations

from typing import Any

from folium.map import Layer
from folium.template import Template

from gridgeo.maps.escape import as_script
from gridgeo.maps.labels import label_data
from gridgeo.maps.points import per_atom
from gridgeo.model import Plan
from gridgeo.text import Lang, Text


class Labels(Layer):
    """Names and numbers of grids, communities and streets, as a layer that can be switched off.

    `data` is what `gridgeo.maps.labels.label_data` tells.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = gridgeo.labels({{ this.data }});"
        "{% endmacro %}"
    )

    def __init__(self, data: dict[str, list[list[Any]]], lang: Lang) -> None:
        super().__init__(name=Text("Labels", "注记").say(lang), overlay=True, show=True)
        self._name = "Labels"
        self.data = as_script(data)


class AtomLines(Layer):
    """The borders between atoms; off at first, and read only when it is switched on."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = gridgeo.atomLayer();"
        "{% endmacro %}"
    )

    def __init__(self, plan: Plan) -> None:
        count = f"{len(plan.atoms):,}"
        name = Text(f"Atoms ({count})", f"基本单元（{count}）").say(plan.settings.lang)
        super().__init__(name=name, overlay=True, show=False)
        self._name = "AtomLines"


class Counts(Layer):
    """The households of each atom as dots sized by count; off at first."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = gridgeo.countLayer();"
        "{% endmacro %}"
    )

    def __init__(self, plan: Plan) -> None:
        name = Text("Households (count per atom)", "住户（按基本单元汇总）")
        super().__init__(name=name.say(plan.settings.lang), overlay=True, show=False)
        self._name = "Counts"


def canvas_layers(plan: Plan) -> dict[str, Layer]:
    """Return by name the layers that the page draws itself, if there is something to draw."""
    made: dict[str, Layer] = {}
    if len(plan.borders):
        made["atoms"] = AtomLines(plan)
        if per_atom(plan):
            made["counts"] = Counts(plan)
    return {**made, "labels": Labels(label_data(plan), plan.settings.lang)}
