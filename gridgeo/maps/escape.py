"""The one door through which values from data enter a page."""

import html

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


def visible(value: object) -> str:
    """Return `value` as text in which marks that turn the reading direction show their number.

    Examples
    --------
    >>> visible("\u202e甲")
    '⟨U+202E⟩甲'
    """
    return str(value).translate(_NAMED)
