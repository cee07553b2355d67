"""`report.pdf`: the same report on paper; its columns hold their words, its bytes stay the same."""

import io
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape as esc
from PIL import Image
from typer.testing import CliRunner

from gridgeo.cli import app
from gridgeo.errors import OutputError
from gridgeo.report import REPORT_PDF, save_pdf
from gridgeo.report.blocks import Cell, Column, Table, texts_of
from gridgeo.report.content import report_of
from gridgeo.report.page import _report_page
from gridgeo.report.pdf import PADDING, _broken, _render_pdf, _width_of, column_widths
from gridgeo.typeset import by_number, find_fonts, on_one_line, undrawable
from tests.builders_plan import HOSTILE, build_plan

FORMS = ("text", "name", "number", "code", "place", "told")


@pytest.fixture(scope="module")
def fonts():
    return find_fonts()


def hostile_plan():
    joined = "".join(HOSTILE)
    plan = build_plan(names=[joined] * 5)
    communities = plan.communities.assign(name=joined, reason=joined)
    considered = plan.considered.assign(name=joined, reason=joined)
    return replace(
        plan,
        communities=communities,
        considered=considered,
        summary={**plan.summary, "name": joined, "attribution": joined},
    )


@given(
    st.lists(st.sampled_from(FORMS), min_size=1, max_size=8),
    st.lists(st.text(max_size=60), min_size=1, max_size=8),
)
def test_columns_fill_the_page_and_hold_their_words(forms, texts):
    columns = [Column("标题", form) for form in forms]
    table = Table(columns, [[Cell(text) for _ in forms] for text in texts])
    widths = column_widths(table, 493.0, 8.0)
    assert sum(widths) == pytest.approx(493.0)
    assert min(widths) > PADDING
    for width in widths:
        room = max(width - PADDING, 8.0)
        for text in texts:
            told = _broken(text, room, 8.0)
            assert told.replace("\u200b", "") == text.replace("\u200b", "")
            if "\u200b" not in text:
                words = [word for word in told.replace("\u200b", " ").split() if word.isascii()]
                assert all(_width_of(word, 8.0) <= room or "-" in word for word in words)


@given(st.text())
def test_no_control_character_is_drawn_and_nothing_seen_is_lost(text):
    told = on_one_line(text)
    assert [c for c in told if c.isprintable() and c not in "⟨⟩U+0123456789ABCDEF "] == [
        c for c in text if c.isprintable() and c not in "⟨⟩U+0123456789ABCDEF "
    ]
    assert "\n" not in told
    assert "\x00" not in told


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_page_and_paper_have_one_content(lang):
    plan = build_plan(lang=lang)
    page = _report_page(plan)
    report = report_of(plan, most_maps=60)
    titles = [section.title for section in report.sections if section.title]
    assert len(titles) >= 8
    assert all(f"<h2>{title}</h2>" in page for title in titles)
    for section in report.sections:
        for block in section.blocks:
            if block.kind == "words":
                assert block.text.split("'")[0] in page


def test_same_plan_gives_the_same_bytes_without_the_time(fonts, tmp_path):
    plan = build_plan()
    first, missing = _render_pdf(plan, fonts)
    assert first == _render_pdf(plan, fonts)[0]
    assert missing == ()
    assert first.startswith(b"%PDF-")
    assert b"CreationDate" not in first


def test_characters_that_no_font_has_are_drawn_as_their_numbers(fonts):
    plan = build_plan(names=["", "", "", "王\U000f0000"])
    _, missing = _render_pdf(plan, fonts)
    assert missing == ("\U000f0000",)
    assert by_number("王\U000f0000", frozenset(missing)) == "王[U+F0000]"
    assert undrawable(["王\U000f0000"], fonts)[1] == {"\U000f0000"}


def test_hostile_names_are_text_on_paper(fonts):
    report = report_of(hostile_plan(), most_maps=9)
    told = " ".join(texts_of(report))
    for payload in HOSTILE[:5]:
        assert payload in told
    assert "\u202e" not in told
    assert "⟨U+202E⟩" in told
    assert HOSTILE[-1] in told
    page = _report_page(hostile_plan())
    for payload in (HOSTILE[0], HOSTILE[1], HOSTILE[3]):
        assert payload not in page
        assert esc(payload) in page
    assert b"/JavaScript" not in _render_pdf(hostile_plan(), fonts)[0]
    images, _ = _render_pdf(hostile_plan(), fonts, "png")
    assert len(images) >= 2


def test_words_of_any_length_stay_on_the_paper(fonts):
    long = "W" * 400
    plan = build_plan(names=["", "", "", long])
    communities = plan.communities.assign(name=long, reason=f"{long} 甲" * 30)
    plan = replace(plan, summary={**plan.summary, "name": long}, communities=communities)
    images, _ = _render_pdf(plan, fonts, "png")
    for image in images:
        page = Image.open(io.BytesIO(image)).convert("L")
        right = page.crop((int(page.width * 0.925), 0, page.width, page.height))
        assert right.getextrema()[0] > 250


def test_every_community_has_its_map_on_paper():
    report = report_of(build_plan(), most_maps=2)
    (maps,) = [
        block
        for section in report.sections
        for block in section.blocks
        if asdict(block).get("form") == "maps"
    ]
    assert [picture.title for picture in maps.pictures] == ["江汉社区", "临江社区"]


def test_command_writes_beside_the_plan_and_a_new_plan_takes_it_away(tmp_path):
    folder = build_plan().save(tmp_path / "plan")
    done = CliRunner().invoke(app, ["report", str(folder)])
    assert done.exit_code == 0, done.output
    assert (folder / REPORT_PDF).read_bytes().startswith(b"%PDF-")
    again = CliRunner().invoke(app, ["report", str(folder)])
    assert again.exit_code == 2
    build_plan(names=["别的"]).save(folder, overwrite=True)
    assert not (folder / REPORT_PDF).exists()


def test_file_that_is_there_is_kept(fonts, tmp_path):
    path = tmp_path / "r.pdf"
    path.write_text("mine")
    with pytest.raises(OutputError):
        save_pdf(build_plan(), path, fonts)
    with pytest.raises(OutputError):
        save_pdf(build_plan(), tmp_path / "no" / "r.pdf", fonts)
    assert path.read_text() == "mine"
    assert [one.name for one in tmp_path.iterdir()] == ["r.pdf"]
