"""Leaflet and our own script and style, as text that a page carries with it."""

from __future__ import annotations

import base64
import json
import re
from importlib.resources import files

_ASSETS = files("gridgeo.maps") / "assets"
#: Nothing may be fetched: scripts and styles stand in the page, images are data.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
)
#: Our own scripts, in the order in which they are run; a tool of the page is one file here.
SCRIPTS = (
    "page.js",
    "packed.js",
    "atoms.js",
    "tools.js",
    "search.js",
    "findings.js",
    "filter.js",
    "compare.js",
    "measure.js",
    "edit_state.js",
    "edit_draw.js",
    "edit_drag.js",
    "edit_panel.js",
    "edit.js",
    "sheet.js",
)


def head(*more: str, images: str = "") -> str:
    """Return what goes into the head of a page: policy, Leaflet with its licence, our own.

    Nothing in it names an address to be fetched; images are ``data:`` URIs.

    Parameters
    ----------
    more
        Scripts beside those of every page.
    images
        A host that images may come from, ``""`` for none.
    """
    policy = CONTENT_POLICY.replace("blob:", f"blob: {images}") if images else CONTENT_POLICY
    licence = _text("LEAFLET-LICENSE.txt").replace("--", "- -")
    return "\n".join(
        (
            f'<meta http-equiv="Content-Security-Policy" content="{policy}"/>',
            f"<!-- Leaflet 1.9.4\n{licence}-->",
            f"<style>{style_of('leaflet.css')}</style>",
            f"<script>{script_of('leaflet.js')}</script>",
            f"<style>{style_of('page.css')}</style>",
            *(f"<script>{script_of(name)}</script>" for name in (*SCRIPTS, *more)),
        )
    )


def manifest() -> dict[str, str]:
    """Return the SHA-256 of each vendored file, as recorded when it was taken from npm."""
    recorded: dict[str, str] = json.loads(_text("MANIFEST.json"))["sha256"]
    return recorded


def asset(name: str) -> bytes:
    """Return the bytes of an asset."""
    return (_ASSETS / name).read_bytes()


def _text(name: str) -> str:
    return asset(name).decode("utf-8")


def script_of(name: str) -> str:
    """Return a script without the address of its source map."""
    return re.sub(r"\n//# sourceMappingURL=.*", "", _text(name))


def style_of(name: str) -> str:
    """Return a style with its images in it."""
    return re.sub(r"url\(images/([\w-]+\.png)\)", _image, _text(name))


def _image(match: re.Match[str]) -> str:
    return f"url(data:image/png;base64,{base64.b64encode(asset(match[1])).decode()})"
