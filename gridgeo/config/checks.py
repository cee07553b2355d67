"""What a setting must be."""

from __future__ import annotations

from gridgeo.errors import SettingsError
from gridgeo.wording import Text


def one_of(key: str, value: object, known: tuple[str, ...]) -> None:
    """Refuse a value that is not known."""
    if value not in known:
        raise SettingsError(
            Text(f"{value!r} is not known here", f"此处不认识 {value!r}"),
            key=key,
            remedy=Text(f"Choose one of {', '.join(known)}", f"可选：{'、'.join(known)}"),
        )


def at_least(key: str, value: float, least: float) -> None:
    """Refuse a number that is less than `least`, and one that is none."""
    if not value >= least:
        raise SettingsError(
            Text(f"{value} is less than {least}", f"{value} 小于 {least}"), key=key, value=value
        )
