"""``checks.md``: every check with its severity, source, measure and messages."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType

import gridgeo
from gridgeo.config import Codes
from gridgeo.model import SEVERITIES, Finding
from gridgeo.validate import CHECKS, validate
from gridgeo.wording import CARDS, Text, rule_of
from scripts.reference.markdown import NOTE, code, prose, table
from scripts.reference.town import LIMITS, broken_town

INTRO = """# Checks 检查项

`gridgeo verify`, and every command that makes a plan, runs these checks in this order
(`gridgeo.validate.CHECKS`). None stops at the first finding. An **error** breaks a hard rule: the
command ends with exit code 1. A **warning** is a target missed ("in principle", 原则上), **info**
is said so that nothing is passed over. Where a layer is missing, `not_checked` says which check
could not be made.
Findings carry an id that stays, the grids, the place and an amount; a finding can be accepted in
the ledger ([verify.md](../verify.md)). The examples come from a town that breaks every rule
(`scripts/reference/town.py`).

错误＝违反硬性规则（退出码 1）；警告＝未达目标（原则上）；提示＝仅告知。缺少图层而无法检查的，以
`not_checked` 说明。
"""
OTHERS = """
## Findings of the other stages 其他环节的提示

What is found while ground is cut, grids are put together and ties are kept; `…` stands for names
and numbers.

"""


def checks_page() -> str:
    """Return the page."""
    town = validate(broken_town(), band=LIMITS, codes=Codes())
    checks = [check for check in CHECKS if isinstance(check, FunctionType)]
    return "".join(
        [
            NOTE + INTRO + "\n",
            table(["check", "title", "severity", "card 评分项"], map(_line, checks)),
            *(_said(check, town) for check in checks),
            OTHERS + table(["rule", "severity", "message"], sorted(_others())),
        ]
    )


def _line(check: FunctionType) -> list[str]:
    name = check.__name__
    rule = rule_of(name)
    card = CARDS[rule.card]
    severity = ", ".join(severities(check))
    return [f"[`{name}`](#{name})", _both_of(rule.title), severity, _both_of(card)]


def _both_of(text: Text) -> str:
    """Return both languages of `text`."""
    return f"{text.zh} {text.en}"


def _said(check: FunctionType, town: tuple[Finding, ...]) -> str:
    rule = rule_of(check.__name__)
    rows = [
        ["severity 级别", ", ".join(severities(check))],
        ["source 依据", f"{rule.source.en}<br>{rule.source.zh}"],
        ["what to do 处理建议", f"{rule.suggestion.en}<br>{rule.suggestion.zh}"],
    ]
    for severity in severities(check):
        own = (f for f in town if f.rule == check.__name__ and f.severity == severity)
        if found := next(own, None):
            amount = (
                "" if found.amount is None else f"<br>amount: {found.amount:,.10g} {found.unit}"
            )
            rows.append([f"{severity}, say", found.message.en + "<br>" + found.message.zh + amount])
    title = f"\n### {check.__name__}\n\n**{rule.title.zh} · {rule.title.en}.** "
    return title + prose(inspect.getdoc(check) or "") + "\n" + table(["", ""], rows)


def severities(check: FunctionType) -> list[str]:
    """Return the severities that a check and what it calls in its module can give."""
    module = sys.modules[check.__module__]
    found = {
        node.value if isinstance(node, ast.Constant) else vars(module).get(node.id)
        for function in _called(check, module)
        for node in ast.walk(ast.parse(inspect.getsource(function)))
        if isinstance(node, ast.Constant)
        or (isinstance(node, ast.Name) and isinstance(vars(module).get(node.id), str))
    }
    return [severity for severity in SEVERITIES if severity in found]


def _called(check: FunctionType, module: ModuleType) -> list[FunctionType]:
    """Return a function and all functions of its module that it calls, however far."""
    reached = [check]
    for function in reached:
        for name in function.__code__.co_names:
            other = getattr(module, name, None)
            own = isinstance(other, FunctionType) and other.__module__ == module.__name__
            if own and other not in reached:
                reached.append(other)
    return reached


def _others() -> Iterator[tuple[str, str, str]]:
    """Yield rule, severity and message of the findings that no check makes."""
    known = {getattr(check, "__name__", "") for check in CHECKS}
    for path in sorted(Path(gridgeo.__file__).parent.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                yield from (row for row in _findings(function) if row[0].strip("`") not in known)


def _findings(function: ast.FunctionDef) -> Iterator[tuple[str, str, str]]:
    for call in ast.walk(function):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Finding":
            told = {word.arg: word.value for word in call.keywords}
            rule = told.get("rule")
            if isinstance(rule, ast.Constant):
                message = told["message"]
                if isinstance(message, ast.Name):
                    message = _first_text(function)
                yield code(rule.value), _literal(told["severity"]), "<br>".join(_both(message))


def _first_text(function: ast.FunctionDef) -> ast.expr:
    texts = (
        node for node in ast.walk(function)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Text"
    )  # fmt: skip
    return next(texts)


def _both(tree: ast.expr) -> tuple[str, str]:
    """Return a text of the source in both languages, its values as dots."""
    if isinstance(tree, ast.BinOp):
        left, right = _both(tree.left), _both(tree.right)
        return left[0] + right[0], left[1] + right[1]
    if isinstance(tree, ast.Call) and getattr(tree.func, "id", "") == "Text":
        return _literal(tree.args[0]), _literal(tree.args[1])
    return "…", "…"


def _literal(tree: ast.expr) -> str:
    if isinstance(tree, ast.JoinedStr):
        return "".join(_literal(part) for part in tree.values)
    return str(tree.value) if isinstance(tree, ast.Constant) else "…"
