"""The one door through which values from data enter a page."""

import html
import json
import re

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
