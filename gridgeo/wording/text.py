"""Messages in the two languages that users read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """One message in English and Chinese.

    Examples
    --------
    >>> Text("7 rows", "7 行").say("zh")
    '7 行'
    >>> str(Text("7 rows", "7 行"))
    '7 rows'
    """

    en: str
    zh: str

    def say(self, lang: Lang) -> str:
        """Return the message in `lang`."""
        return self.zh if lang == "zh" else self.en

    def __str__(self) -> str:
        return self.en

    def __add__(self, other: Text) -> Text:
        return Text(self.en + other.en, self.zh + other.zh)


def join(texts: list[Text] | tuple[Text, ...], *, en: str = "; ", zh: str = "；") -> Text:
    """Return the texts as one, with the separator of each language between them.

    Examples
    --------
    >>> join([Text("a", "甲"), Text("b", "乙")]).zh
    '甲；乙'
    """
    return Text(en.join(t.en for t in texts), zh.join(t.zh for t in texts))
