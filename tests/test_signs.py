"""Notice signs: what they say, which are printed, and that nothing is lost or drawn blank."""

import io
import json
from dataclasses import replace

import numpy as np
import openpyxl
import pandas as pd
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from shapely import LineString
from typer.testing import CliRunner

from gridgeo.cli import app
from gridgeo.errors import InputError, OutputError, SettingsError
from gridgeo.read import ROSTER, read_roster
from gridgeo.signs import assign_staff, payload, plan_issues, save_signs, token_of, write_roster
from gridgeo.signs.issue import _file_names, _page
from gridgeo.signs.labels import Label, LabelPlacement, street_labels
from gridgeo.typeset import choose_fonts, find_fonts
from tests.builders_plan import HOSTILE, build_plan
from tests.builders_signs import DATE, press_of, signs_of


@pytest.fixture(scope="module")
def fonts():
    return find_fonts()


def pages_of(signs, press, **options):
    issues = plan_issues(signs, press, date=DATE)
    pairs = zip(signs, issues.current, strict=True)
    pages = [_page(sign.content, issue, options.get("url", "")) for sign, issue in pairs]
    images = press.pages(pages, DATE, "png")
    images = [images] if isinstance(images, bytes) else images
    return [np.asarray(Image.open(io.BytesIO(image)).convert("L")) for image in images]


@pytest.mark.parametrize("size", ["A4", "A3"])
def test_one_page_a_grid_whose_qr_code_reads_back(fonts, size):
    signs = signs_of(build_plan())
    pages = pages_of(signs, press_of(fonts, size=size))
    read = [zxingcpp.read_barcode(page).text for page in pages]
    assert read == [f"{sign.code}.{token_of(sign.code, 1, DATE)}" for sign in signs]
    assert all(len(text) <= 32 for text in read)


def test_qr_code_holds_the_address_that_is_given(fonts):
    signs = signs_of(build_plan())[:1]
    (page,) = pages_of(signs, press_of(fonts), url="https://w.cn/s?c={code}")
    assert zxingcpp.read_barcode(page).text == f"https://w.cn/s?c={signs[0].code}"


@given(st.text(st.characters(codec="ascii"), max_size=40))
def test_payload_is_short_ascii_that_holds_the_code_or_is_refused(code):
    try:
        told = payload(code, "ABCDEFGH")
    except InputError:
        assert len(code) > 23 or "%" in code or not code.isprintable()
    else:
        assert told.isascii()
        assert len(told) <= 32
        assert told.rpartition(".")[0] == code


@pytest.mark.parametrize("url", ["https://w.cn/s", "https://网格/{code}"])
def test_address_without_the_code_is_refused(url):
    with pytest.raises(SettingsError, match=r"lacks \{code\}"):
        payload("01", "T", url)


def test_hostile_names_are_text(fonts):
    names = [*HOSTILE[:4], HOSTILE[-1]]
    signs = signs_of(build_plan(names=names), worker=HOSTILE[5], duties=HOSTILE[4])
    assert [sign.content["name"] for sign in signs] == names
    assert {sign.content["worker"] for sign in signs} == {"⟨U+202E⟩倒⟨U+202C⟩"}
    for sign in signs:
        assert sign.content["duties"] == [HOSTILE[4].partition("；")[0]]
        assert not any(tag in sign.content["map"] for tag in ("<script", "<img", "</style", "<b>"))
    assert "&lt;script&gt;" in signs[0].content["map"]
    assert len(pages_of(signs, press_of(fonts))) == len(signs)


def test_bounds_without_a_name_tell_the_grids_beyond():
    plan = build_plan()
    plan = replace(
        plan,
        grids=plan.grids.assign(bounded_by="东至支路（无名）；南至中山大道"),
        borders=plan.borders.assign(street_name=""),
    )
    first, second = (sign.content["bounds"] for sign in signs_of(plan)[:2])
    assert first == ["东至支路（无名），邻第1网格", "南至中山大道"]
    assert second == ["东至支路（无名）", "南至中山大道"]  # the other one lies to its west
    verified = replace(plan, atoms=plan.atoms.assign(grid=""))
    assert signs_of(verified)[0].content["bounds"][0] == "东至支路（无名）"


def test_private_characters_are_looked_up_and_not_left_out(fonts):
    signs = signs_of(build_plan(names=["王\ue000村\n"]))
    assert signs[0].content["name"] == "王\ue000村 "
    with pytest.raises(InputError, match=r"U\+E000"):
        choose_fonts([(text, "01") for text in signs[0].texts()], fonts, layer="signs")


def test_long_texts_stay_on_their_page(fonts):
    long = "很长的名字" * 60
    plan = build_plan(names=[long] * 5)
    pages = pages_of(signs_of(plan, worker=long, duties="；".join([long] * 9)), press_of(fonts))
    assert len(pages) == len(plan.grids)


def test_rare_characters_are_drawn(fonts):
    assert choose_fonts([("𠮷䶮", "01")], fonts, layer="signs")


def test_character_in_no_font_is_named_with_its_place(fonts):
    with pytest.raises(InputError, match=r"U\+F0000") as told:
        choose_fonts([("王", "01"), ("王\U000f0000", "02")], fonts, layer="signs")
    assert told.value.place["value"] == "02"


def test_font_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such font"):
        find_fonts([tmp_path / "none.ttf"])


def test_same_plan_gives_the_same_bytes(fonts, tmp_path):
    press = press_of(fonts)
    for name in ("a", "b"):
        signs = signs_of(build_plan())
        save_signs(signs, plan_issues(signs, press, date=DATE), press, tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert len(files) == 7
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_rows_and_grids_that_do_not_match_are_told():
    plan = build_plan(names=["甲", "乙", "丙", "丁", "丁"])
    codes = plan.grids["code"].tolist()
    rows = [
        {"code": codes[0], "worker": "张"},
        {"code": codes[0], "worker": "再"},
        {"code": "9", "worker": "李"},
        {"name": "乙", "worker": "王"},
        {"name": "丁", "worker": "赵"},
    ]
    rows = [dict.fromkeys(ROSTER, "") | row | {"row": n} for n, row in enumerate(rows, 1)]
    staff = assign_staff(pd.DataFrame(rows), plan.grids)
    assert [(reject.row, reject.value) for reject in staff.rejects] == [
        (2, f"{codes[0]} 再"),
        (3, "9 李"),
        (5, "丁 赵"),
    ]
    assert staff.of[codes[1]]["worker"] == "王"
    assert staff.without_worker == tuple(codes[2:])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_roster_that_is_written_can_be_read_when_filled_in(tmp_path, lang):
    build_plan(lang=lang).save(tmp_path / "plan")
    path = tmp_path / "roster.xlsx"
    told = CliRunner().invoke(
        app, ["signs", str(tmp_path / "plan"), "--write-roster", str(path), "--lang", lang]
    )
    assert told.exit_code == 0, told.output
    book = openpyxl.load_workbook(path)
    for column, value in enumerate(["张𠮷", "138", "李", "139", "12345", "走访；巡查"], start=3):
        book.active.cell(2, column).value = value
    book.save(path)
    roster = read_roster(str(path))
    assert roster["code"].tolist() == build_plan().grids["code"].tolist()
    first = roster.iloc[0]
    assert [first[name] for name in list(ROSTER)[2:]] == [
        *("张𠮷", "138", "李", "139", "12345", "走访；巡查")
    ]
    assert (roster.iloc[1][list(ROSTER)[2:]] == "").all()


def test_roster_that_is_written_tells_no_time(tmp_path, monkeypatch):
    for name in ("a.xlsx", "b.xlsx"):
        write_roster(build_plan(), tmp_path / name)
        monkeypatch.setattr("time.time", lambda: 2e9)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").properties.modified.year == 2000


def test_roster_without_codes_and_names_is_refused(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("网格员,电话\n张,1\n", encoding="utf-8")
    with pytest.raises(InputError, match="no column of grid codes"):
        read_roster(str(path))
    path.rename(tmp_path / "r.geojson")
    with pytest.raises(InputError, match="CSV or a workbook"):
        read_roster(str(tmp_path / "r.geojson"))


def test_command_prints_signs_and_then_only_changes(tmp_path):
    plan, out = tmp_path / "plan", tmp_path / "out"
    build_plan().save(plan)
    (tmp_path / "r.csv").write_text("网格编码,网格员\n420102001001001,张\n7,李\n", encoding="utf-8")
    run = ["signs", str(plan), "--people", str(tmp_path / "r.csv"), "--date", DATE]
    told = CliRunner().invoke(app, [*run, "--out", str(out)])
    assert told.exit_code == 0, told.output
    assert "名册第 3 行未采用：7 李" in told.output
    assert "4 个网格没有网格员" in told.output
    assert json.loads((out / "signs.json").read_text("utf-8"))["signs"][0]["version"] == 1
    assert (out / "420102001001001.pdf").read_bytes().startswith(b"%PDF")
    after = CliRunner().invoke(
        app, [*run, "--out", str(tmp_path / "2"), "--changed-since", str(out)]
    )
    assert "本次印制 0 块" in after.output
    assert [path.name for path in (tmp_path / "2").iterdir()] == ["signs.json"]
    same = CliRunner().invoke(app, [*run, "--out", str(out), "--changed-since", str(out)])
    assert same.exit_code == 2


@pytest.mark.parametrize("options", [["--date", "昨天"], [], ["--date", DATE, "--size", "A5"]])
def test_command_refuses_what_it_cannot_print(tmp_path, options):
    build_plan().save(tmp_path / "plan")
    told = CliRunner().invoke(
        app, ["signs", str(tmp_path / "plan"), *options, "--out", str(tmp_path / "o")]
    )
    assert told.exit_code == 2
    assert not (tmp_path / "o").exists()


def test_own_template_is_used_and_a_broken_one_told(fonts, tmp_path):
    signs = signs_of(build_plan())
    path = tmp_path / "own.typ"
    path.write_text(
        "#let d = json(bytes(sys.inputs.data))\n#set text(font: d.fonts)\n"
        "#for s in d.signs { page(s.name) }",
        encoding="utf-8",
    )
    press = press_of(fonts, template=path)
    assert press.pages([signs[0].content], DATE).startswith(b"%PDF")
    path.write_text("#let d = ", encoding="utf-8")
    with pytest.raises(InputError, match="template is not understood"):
        press.pages([signs[0].content], DATE)
    with pytest.raises(InputError, match="template cannot be read"):
        press_of(fonts, template=tmp_path / "none.typ").source()


def test_folder_of_other_things_is_not_touched(fonts, tmp_path):
    (tmp_path / "letter.txt").write_text("x", encoding="utf-8")
    signs = signs_of(build_plan())
    press = press_of(fonts)
    with pytest.raises(OutputError, match="other files"):
        save_signs(signs, plan_issues(signs, press, date=DATE), press, tmp_path, overwrite=True)


def test_fewer_signs_replace_more(fonts, tmp_path):
    signs, press = signs_of(build_plan()), press_of(fonts)
    for held in (signs, signs[:2]):
        issues = plan_issues(held, press, date=DATE)
        save_signs(held, issues, press, tmp_path / "o", overwrite=True)
    assert len(list((tmp_path / "o").iterdir())) == 4


def test_codes_that_are_no_safe_names_are_numbered():
    assert _file_names(["01", "../x", "CON", "a", "A", "signs", "网格"]) == [
        *("01.pdf", "sign-00002.pdf", "sign-00003.pdf", "a.pdf"),
        *("sign-00005.pdf", "sign-00006.pdf", "sign-00007.pdf"),
    ]


def test_labels_stay_apart_and_inside():
    board = LabelPlacement(100, 60)
    assert board.write(Label("甲乙", 50, 30, 0, 4, upright=False))
    assert not board.write(Label("丙", 52, 31, 45, 4, upright=False))
    assert not board.write(Label("丁", 99, 30, 0, 4, upright=False))


def test_street_is_named_once_where_it_is_long_and_straight():
    lines = np.array(
        [
            LineString([(0, 10), (50, 10)]),
            LineString([(50, 10), (100, 10)]),
            LineString([(5, 50), (9, 50)]),
        ]
    )
    names = np.array(["解放大道", "解放大道", "短巷子"], dtype=object)
    (label,) = street_labels(names, lines, LabelPlacement(100, 60), 4.0)
    assert (label.text, label.x, label.y, label.turn) == ("解放大道", 50.0, 10.0, 0.0)
