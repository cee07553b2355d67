"""The QR code of a sign: the grid code and a short token, or an address of the county."""

from __future__ import annotations

import io
from urllib.parse import quote

from gridgeo.errors import InputError, SettingsError
from gridgeo.hashes import letters_of
from gridgeo.text import Text

#: What a WeChat mini-program admits in its `scene`.
LONGEST = 32


def token_of(code: str, version: int, date: str) -> str:
    """Return eight letters that differ between the issues of a sign; they hold no personal data.

    Examples
    --------
    >>> token_of("420102003008001", 1, "2026-11-23")
    'SNG7OZLF'
    """
    return letters_of(f"{code} {version} {date}", 8)


def payload(code: str, token: str, url: str = "") -> str:
    """Return what the QR code says: ``CODE.TOKEN``, or `url` with both filled in.

    Parameters
    ----------
    code, token
        Of the sign.
    url
        An address with ``{code}`` and, if wanted, ``{token}``.

    Raises
    ------
    InputError
        Code and token are not at most 32 ASCII characters without ``%``.
    SettingsError
        The address does not hold ``{code}``.

    Examples
    --------
    >>> payload("420102003008001", "SNG7OZLF")
    '420102003008001.SNG7OZLF'
    >>> payload("07 A", "SNG7OZLF", "https://grid.example/s?c={code}&t={token}")
    'https://grid.example/s?c=07%20A&t=SNG7OZLF'
    """
    if url:
        if "{code}" not in url or not url.isascii():
            raise SettingsError(
                Text("the address lacks {code}, or is not ASCII", "网址缺少 {code} 或含非英文字符"),
                key="--url",
                value=url,
                remedy=Text(
                    "For example https://host/s?c={code}&t={token}",
                    "例如 https://主机/s?c={code}&t={token}",
                ),
            )
        return url.replace("{code}", quote(code, safe="")).replace("{token}", token)
    told = f"{code}.{token}"
    if len(told) > LONGEST or not told.isascii() or not told.isprintable() or "%" in told:
        raise InputError(
            Text(
                f"the grid code does not fit a QR code of {LONGEST} ASCII characters",
                f"网格编码无法写入 {LONGEST} 个英文字符以内的二维码",
            ),
            layer="grids",
            field="code",
            value=code,
            remedy=Text("Give an address with --url", "请用 --url 指定网址"),
        )
    return told


def qr_svg(text: str) -> str:
    """Return the QR code of `text` as SVG, with a quarter of it to spare for scratches.

    Examples
    --------
    >>> qr_svg("420102003008001.SNG7OZLF").startswith("<svg")
    True
    """
    import segno  # noqa: PLC0415  (only when it is needed)

    drawn = io.BytesIO()
    segno.make_qr(text, error="q", boost_error=False).save(
        drawn, kind="svg", border=4, xmldecl=False, nl=False, omitsize=True
    )
    return drawn.getvalue().decode()
