"""Assets of a page: Leaflet, our scripts and styles; and the escaping of values.

All values from data enter a page through the functions of this module.
"""

from __future__ import annotations

import base64
import html
import json
import re
from importlib.resources import files

_MARKUP = str.maketrans({letter: f"&#{ord(letter)};" for letter in "`$\\{}\u2028\u2029"})
#: Marks that turn the reading direction or cannot be seen at all.
_HIDDEN = (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200B, 0x200E, 0x200F, 0xFEFF)
_NAMED = {mark: f"\u27e8U+{mark:04X}\u27e9" for mark in _HIDDEN}


def esc(value: object) -> str:
    r"""Return `value` as text that is inert in HTML and in JavaScript template literals.

    Besides what HTML needs, `` ` $ \ { } `` are escaped, because folium writes some values into
    template literals; hidden marks are shown as in `visible`.

    Examples
    --------
    >>> esc('<img src=x onerror="a()">${b}')
    '&lt;img src=x onerror=&quot;a()&quot;&gt;&#36;&#123;b&#125;'
    """
    return html.escape(visible(value)).translate(_MARKUP)


def as_script(value: object) -> str:
    r"""Return `value` as JSON that is inert inside a script and inside a Jinja template.

    Folium compiles the script of each element once more as a Jinja template, so a name such as
    ``{{ 7 * 7 }}`` would be computed in Python: braces that Jinja knows are escaped inside the
    strings (outside of strings JSON has none of them). The page shows such text with
    ``textContent`` or draws it: it is not markup, and `esc` is not for it.

    Examples
    --------
    >>> as_script({"name": "</script>{{a}}"})
    '{"name": "\\u003c/script\\u003e\\u007b{a}}"}'
    """
    text = visible(json.dumps(value, ensure_ascii=False, allow_nan=False))
    text = re.sub(r"\{(?=[{%#])", r"\\u007b", text)
    return re.sub("[<>&'\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text)


def visible(value: object) -> str:
    """Return `value` as text in which marks that turn the reading direction show their number.

    Examples
    --------
    >>> visible("\u202e甲")
    '⟨U+202E⟩甲'
    """
    return str(value).translate(_NAMED)


_ASSETS = files("gridgeo.maps") / "assets"
#: Nothing may be fetched: scripts and styles stand in the page, images are data.
_CONTENT_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
)


def head(script: str, *, images: str = "") -> str:
    """Return what goes into the head of a page: policy, Leaflet with its licence, our own.

    Nothing in it names an address to be fetched; images are ``data:`` URIs.

    Parameters
    ----------
    script
        Our own script; see `gridgeo.maps.bundle`.
    images
        A host that images may come from, ``""`` for none.
    """
    policy = _CONTENT_POLICY.replace("blob:", f"blob: {images}") if images else _CONTENT_POLICY
    licence = _text("LEAFLET-LICENSE.txt").replace("--", "- -")
    return "\n".join(
        (
            f'<meta http-equiv="Content-Security-Policy" content="{policy}"/>',
            f"<!-- Leaflet 1.9.4\n{licence}-->",
            f"<style>{style_of('leaflet.css')}</style>",
            f"<script>{script_of('leaflet.js')}</script>",
            f"<style>{style_of('page.css')}</style>",
            f"<script>{script}</script>",
        )
    )


def _manifest() -> dict[str, str]:
    """Return the SHA-256 of each vendored file, as recorded when it was taken from npm."""
    recorded: dict[str, str] = json.loads(_text("MANIFEST.json"))["sha256"]
    return recorded


def _asset(name: str) -> bytes:
    """Return the bytes of an asset."""
    return (_ASSETS / name).read_bytes()


def _text(name: str) -> str:
    return _asset(name).decode("utf-8")


def script_of(name: str) -> str:
    """Return a script without the address of its source map."""
    return re.sub(r"\n//# sourceMappingURL=.*", "", _text(name))


def style_of(name: str) -> str:
    """Return a style with its images in it."""
    return re.sub(r"url\(images/([\w-]+\.png)\)", _image, _text(name))


def _image(match: re.Match[str]) -> str:
    return f"url(data:image/png;base64,{base64.b64encode(_asset(match[1])).decode()})"
