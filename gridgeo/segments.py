"""What the digits of a 12-digit community code say, and what is unusual about them.

2 digits of province (11 to 82), 2 of prefecture and 2 of county (GB/T 2260), then 3 of township
and 3 of village (the statistical division code, 统计用区划代码).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gridgeo.text import Text

#: Villages that stand for ground without a committee.
VIRTUAL = ("498", "598")
#: Urban-rural classes (城乡分类代码) that follow the 12 digits in the statistical yearbooks: such
#: 15 digits look like the code of a grid.
URBAN_RURAL = ("111", "112", "121", "122", "123", "210", "220")
#: From here on a segment stands for several communities merged (CJ/T 349-2010, 5.6).
MERGED_FROM = 601


def unusual_segments(code: str) -> Text | None:
    """Return what is unusual about a 12-digit community code, None where nothing is.

    Examples
    --------
    >>> unusual_segments("420102001001") is None
    True
    >>> unusual_segments("420102001000").en
    'village segment 000 is outside 001-599'
    """
    segments = (
        (code[:2], 11, 82, Text("province", "省级")),
        (code[6:9], 1, 599, Text("township", "乡镇（街道）")),
        (code[9:12], 1, 599, Text("village", "村（社区）")),
    )
    for digits, least, most, name in segments:
        if not least <= int(digits) <= most:
            span = f"{least:0{len(digits)}d}-{most}"
            return Text(
                f"{name.en} segment {digits} is outside {span}",
                f"{name.zh}段 {digits} 不在 {span} 之内",
            )
    if code[9:12] in VIRTUAL:
        return Text(
            f"village segment {code[9:12]} stands for ground without a committee",
            f"村（社区）段 {code[9:12]} 表示没有村（居）委会的虚拟单位",
        )
    return None


def merged_communities(code: str) -> Text | None:
    """Return the warning that a segment stands for several communities, None where it does not.

    Examples
    --------
    >>> merged_communities("420102001601").en
    'village segment 601 stands for several communities merged, but a grid belongs to one'
    """
    if int(code[9:12]) < MERGED_FROM:
        return None
    return Text(
        f"village segment {code[9:12]} stands for several communities merged, "
        "but a grid belongs to one",
        f"村（社区）段 {code[9:12]} 表示由多个社区合并而成，而一个网格只应属于一个社区",
    )


def classes_for_numbers(codes: Sequence[str]) -> list[int]:
    """Return the positions of 15-digit codes whose last three digits may be an urban-rural class.

    Such a code is left alone where its community holds another number from 100 to 299 that is no
    class: there the numbers just have come so far.

    Examples
    --------
    >>> classes_for_numbers(["420102001001111", "420102001002001", "420102001002002"])
    [0]
    >>> classes_for_numbers(["420102001001111", "420102001001112"])
    [0, 1]
    >>> classes_for_numbers(["420102001001110", "420102001001111"])
    []
    """
    high = [code for code in codes if re.fullmatch("[0-9]{12}[12][0-9]{2}", code)]
    far = {code[:12] for code in high if code[12:] not in URBAN_RURAL}
    like = {code for code in high if code[12:] in URBAN_RURAL and code[:12] not in far}
    return [row for row, code in enumerate(codes) if code in like]
