"""Words of a re-verification (核查): what became of findings, what is seen on the street."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gridgeo.wording.text import Text

#: What became of a finding since the round before.
FATES: Mapping[str, Text] = MappingProxyType(
    {
        "new": Text("new", "新增"),
        "reopened": Text("reopened", "重新出现"),
        "still_open": Text("still open", "仍未整改"),
        "fixed": Text("fixed", "本轮已整改"),
        "settled": Text("settled before", "此前已整改"),
    }
)
#: What is seen of the borders of a grid on the street, and of its sign.
BORDERS_SEEN: Mapping[str, Text] = MappingProxyType(
    {
        "agrees": Text("agrees", "一致"),
        "differs": Text("differs", "不一致"),
        "unclear": Text("unclear", "无法辨认"),
    }
)
SIGN_SEEN: Mapping[str, Text] = MappingProxyType(
    {
        "agrees": Text("there and right", "有且正确"),
        "differs": Text("there but wrong", "有但有误"),
        "missing": Text("missing", "没有"),
        "not_due": Text("not due yet", "尚未要求"),
    }
)
#: What a round comes to.
CONCLUSIONS: Mapping[str, Text] = MappingProxyType(
    {
        "passed": Text("Passed: no finding is open.", "合格：没有待处理的问题。"),
        "passed_in_part": Text(
            "Passed with corrections: no hard rule is broken; the open warnings are to be "
            "corrected, or accepted as exceptions, by their dates.",
            "基本合格：未违反硬性要求；待处理的警告应按期整改，或按规定列为例外。",
        ),
        "failed": Text(
            "Not passed: hard rules are broken. To be corrected and verified again.",
            "不合格：存在违反硬性要求的问题，须整改后重新核查。",
        ),
    }
)
