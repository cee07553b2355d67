"""The notebooks run from top to bottom, and are kept without outputs."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stripped(path):
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in cells] == [[]] * len(cells)
    assert [cell.execution_count for cell in cells] == [None] * len(cells)


@pytest.fixture
def shown(request, tmp_path, monkeypatch):
    """Run a notebook without a warning; return what its cells show, the last one last."""
    monkeypatch.setenv("PYTHONWARNINGS", "default")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    path = next(path for path in NOTEBOOKS if path.stem == request.param)
    client = NotebookClient(
        nbformat.read(path, as_version=4),
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": tmp_path}},
    )
    ran = client.execute()
    outputs = [output for cell in ran.cells for output in cell.get("outputs", ())]
    assert [o.text for o in outputs if o.get("name") == "stderr"] == []
    assert list(tmp_path.glob("tmp*")) == []
    return [output.data for output in outputs if "data" in output]


@pytest.mark.parametrize("shown", ["01_quickstart"], indirect=True)
def test_the_quickstart_maps_a_plan_and_loads_it_again(shown):
    assert any("leaflet" in data.get("text/html", "").lower() for data in shown)
    assert shown[-1]["text/plain"] == "True"


@pytest.mark.long
@pytest.mark.parametrize("shown", ["02_reverify"], indirect=True)
def test_the_reverification_ends_with_what_it_says(shown):
    told = [data["text/plain"] for data in shown]
    drawn, mended, accepted = (text for text in told if text.lstrip().startswith("severity"))
    assert "no_overlap" in drawn
    assert " error " not in mended
    assert accepted.count(" accepted ") == 1
    assert told[-1] == "'sound'"


@pytest.mark.parametrize("shown", ["03_adjust"], indirect=True)
def test_what_is_tried_on_the_desk_is_what_the_file_of_edits_gives(shown):
    cards = [data["text/html"] for data in shown if "基础网格" in data.get("text/html", "")]
    assert len(cards) == 2
    assert any("application/vnd.jupyter.widget-view+json" in data for data in shown)
    assert shown[-1]["text/plain"] == "True"


@pytest.mark.long
@pytest.mark.parametrize("shown", ["04_tradeoffs"], indirect=True)
def test_the_tradeoffs_are_drawn_and_the_best_are_listed(shown):
    assert sum("image/png" in data for data in shown) == 2
    table = shown[-1]["text/plain"]
    assert all(band in table for band in ("380–420", "300–500", "200–600"))


@pytest.mark.parametrize("shown", ["05_your_own_data"], indirect=True)
def test_own_files_become_a_plan_and_nothing_is_lost(shown):
    told = [data["text/plain"] for data in shown]
    assert any("difference" in text for text in told)
    assert any("'difference': 0" in text for text in told)
    assert any("gridgeo.countLayer()" in data.get("text/html", "") for data in shown)
    assert told[-1] == "True"
