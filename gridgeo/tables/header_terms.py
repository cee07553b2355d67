"""What a header says beside the name of its column: a datum of coordinates, a unit of counts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

_DATUMS: Mapping[str, str] = MappingProxyType(
    {
        "gcj02": r"gcj[-_ ]?(02)?(?![a-z])|火星(坐标系?)?|国测局(坐标系?)?|高德(地图|坐标系?)?"
        r"|腾讯(地图|坐标系?)?|amap|gaode|tencent|autonavi",
        "bd09": r"bd[-_ ]?09(ll|mc)?|百度(地图|坐标系?)?|baidu|(?<![a-z])bd(?=[-_ ])"
        r"|(?<=[-_ ])bd(?![a-z])",
        "cgcs2000": r"cgcs[-_ ]?2000|(国家)?2000(国家)?(大地)?坐标系?|国家2000|epsg:?4490|4490",
        "wgs84": r"wgs[-_ ]?(19)?84|gps|epsg:?4326|4326",
        "beijing54": r"(北京|beijing)[-_ ]?(19)?54",
        "xian80": r"(西安|xi'?an)[-_ ]?(19)?80",
    }
)
_ANY_DATUM = re.compile("|".join(_DATUMS.values()))
_UNITS: Mapping[str, int] = MappingProxyType(
    {"十": 10, "百": 100, "千": 1000, "万": 10_000, "十万": 100_000, "百万": 1_000_000,
     "亿": 100_000_000}
)  # fmt: skip
_UNIT = re.compile(
    r"[(/_:,-]\s*(?:单位[::]?)?\s*(十万|百万|十|百|千|万|亿)(?:户|人|口|栋|套)?\s*\)?$"
)
_BARE_UNIT = re.compile(r"(?<=[口户数])(十万|百万|十|百|千|万|亿)(户|人)$")
_ENGLISH = re.compile(r"[(/_,-]\s*(?:in\s+)?(thousands?|10[ ,]?000s?|1[ ,]?000s?|millions?)\s*\)?$")
_ENGLISH_UNITS = {"t": 1000, "m": 1_000_000}

#: characters of headers and of labels of totals, traditional and simplified
_SIMPLIFIED = str.maketrans(
    "戶數區稱編碼號樓棟層計總匯積鄉鎮縣東經緯門單備註類級別屬組員長電話職責監網標測圖邊規劃設築園",
    "户数区称编码号楼栋层计总汇积乡镇县东经纬门单备注类级别属组员长电话职责监网标测图边规划设筑园",
)


def simplified(text: str) -> str:
    """Return a header or label with the traditional characters in simplified form.

    Examples
    --------
    >>> simplified("小區名稱"), simplified("總戶數"), simplified("合計")
    ('小区名称', '总户数', '合计')
    """
    return text if text.isascii() else text.translate(_SIMPLIFIED)


def _plain(name: str) -> str:
    return simplified(unicodedata.normalize("NFKC", name).casefold().strip())


def datum_of(name: str) -> str:
    """Return the datum that the name of a column says, ``""`` where it says none.

    Examples
    --------
    >>> datum_of("经度(GCJ02)"), datum_of("百度纬度"), datum_of("lng_wgs84"), datum_of("经度")
    ('gcj02', 'bd09', 'wgs84', '')
    """
    plain = _plain(name)
    return next((datum for datum, words in _DATUMS.items() if re.search(words, plain)), "")


def without_datum(name: str) -> str:
    """Return the name of a column without what it says of the datum.

    Examples
    --------
    >>> without_datum("lng_gcj02"), without_datum("百度经度")
    ('lng', '经度')
    """
    rest = re.sub(r"\(\s*\)", "", _ANY_DATUM.sub("", _plain(name)))
    return rest.strip("-_ .") or name


def without_unit(name: str) -> str:
    """Return the name of a column without the unit at its end.

    Examples
    --------
    >>> without_unit("人口/百人"), without_unit("户数")
    ('人口', '户数')
    """
    return _ENGLISH.sub("", _UNIT.sub("", _plain(name))).strip() or name


def multiplier_of(name: str) -> int:
    """Return what the counts of a column are to be multiplied by: its unit is 万人, say.

    Examples
    --------
    >>> multiplier_of("人口(万人)"), multiplier_of("户数（户）"), multiplier_of("户数/百户")
    (10000, 1, 100)
    """
    plain = _plain(name)
    found = _UNIT.search(plain) or _BARE_UNIT.search(plain)
    if found:
        return _UNITS[found[1]]
    english = _ENGLISH.search(plain)
    if english is None:
        return 1
    digits = re.sub(r"\D", "", english[1])
    return int(digits) if digits else _ENGLISH_UNITS[english[1][0]]
