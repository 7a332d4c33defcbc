"""The whole evaluation of results made by hand: numbers, tables, page."""

import base64
import csv
import json
import re
from pathlib import Path

import pandas as pd
import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.evaluation.agreement_tables import agreement_table, exclusion_table, table_1, table_2, table_3
from cmrmap.evaluation.aims import aims_table
from cmrmap.evaluation.evaluation_provenance import evaluation_provenance
from cmrmap.evaluation.experiment import evaluate
from cmrmap.evaluation.far_off import far_off_table
from cmrmap.evaluation.reference import read_reference
from cmrmap.evaluation.write import write_evaluation
from tests.unit.evaluation.conftest import make_cohort


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_cohort(folder / "results").to_csv(folder / "reference.csv", index=False)
    make_cohort(folder / "other", bias=3.0, seed=1)
    return folder


@pytest.fixture(scope="module")
def evaluation(folder: Path):
    reference = read_reference(folder / "reference.csv", "reader")
    return evaluate({"N1": folder / "results", "N2": folder / "other"}, [reference])


def test_models_stand_side_by_side(evaluation) -> None:
    assert (evaluation.models, evaluation.references) == (("N1", "N2"), ("reader",))
    first, second = evaluation.select("reader", MapKind.T2)
    assert first.scopes["segment"].agreement.n == 12 * 16
    assert second.scopes["slice"].agreement.bias.value - first.scopes["slice"].agreement.bias.value > 2.0
    table = table_2(evaluation, MapKind.T2, "reader")
    assert table.header == ("", "N1", "N2", "paper Exp 1", "paper Exp 2", "paper Exp 3")
    cells = {row[0]: row[1] for row in table.rows}
    assert cells["patient: success"].startswith("12/12 (100.0 %)")
    assert cells["refinement rate"].startswith("12/324 (3.7 %)")
    assert cells["Dice"] == "-"
    assert len(table_1(evaluation).rows) == 2


def test_raised_patients_are_found(evaluation) -> None:
    table = table_3(evaluation, "N1", "reader")
    rows = {row[0]: row[1:] for row in table.rows}
    assert (rows["true negative: both not raised"][0], rows["true positive: both raised"][0]) == ("9", "3")
    assert rows["sensitivity"][0].startswith("3/3")


def test_intervals_that_are_right_hold(evaluation) -> None:
    found = evaluation.select("reader", MapKind.T2)[0].scopes["segment"].coverage[-1]
    assert found.measured.share.value == pytest.approx(0.95, abs=0.05)


def test_slices_far_off_are_counted_with_and_without_a_warning(evaluation) -> None:
    """36 slices, half of them with a warning, whose errors have an SD of 1.5 ms about a bias of 0 or 3 ms."""
    good, bad = (row for row in far_off_table(evaluation, "reader").rows if row[1] == "t2")
    assert good[:3] == ("N1", "t2", "3 ms")
    assert good[3].startswith("18/36 (50.0 %)")
    off = evaluation.select("reader", MapKind.T2)[1].scopes["slice"].pairs.table
    off = off[(off["automatic"] - off["reference"]).abs() > 3.0]
    assert 9 < len(off) < 27
    assert bad[4].startswith(f"{int((off['warnings'] > 0).sum())}/{len(off)} ")
    assert bad[5].split()[0].endswith(f"/{36 - len(off)}")


def test_aims_are_held_against_the_first_model(evaluation) -> None:
    good = {(row[0], row[1]): row[-1] for row in aims_table(evaluation, "N1", "reader").rows}
    bad = {(row[0], row[1]): row[-1] for row in aims_table(evaluation, "N2", "reader").rows}
    assert good["t2", "SD per segment"] == "yes"
    assert bad["t2", "bias per segment"] == "no"
    assert good["ecv", "sensitivity"] == "yes"


def test_one_patient_only_is_compared_and_says_what_it_lacks(tmp_path: Path) -> None:
    make_cohort(tmp_path / "one", n=1).to_csv(tmp_path / "one.csv", index=False)
    found = evaluate({"one": tmp_path / "one"}, [read_reference(tmp_path / "one.csv")])
    assert "at least 3" in found.select("one", MapKind.T2)[0].scopes["patient"].agreement.notes[0]
    assert agreement_table(found, MapKind.T2, "one").rows[0][8] == "-"
    page = write_evaluation(
        found, evaluation_provenance("x", 0, found.about), tmp_path / "out", models={"one": tmp_path / "one"}
    )
    assert page.is_file()


def test_a_study_of_one_side_only_is_listed(folder: Path, tmp_path: Path) -> None:
    table = pd.read_csv(folder / "reference.csv")
    table[table["study"] != "s03"].to_csv(tmp_path / "less.csv", index=False)
    found = evaluate({"N1": folder / "results"}, [read_reference(tmp_path / "less.csv")])
    rows = exclusion_table(found).rows
    assert ("N1", "less", "t2", "patient", "study without reference", "1", "s03") in rows


def test_everything_is_written_with_where_it_comes_from(evaluation, folder: Path, tmp_path: Path) -> None:
    provenance = evaluation_provenance("cmrmap evaluate cohort -r a", 3, evaluation.about)
    models = {"N1": folder / "results", "N2": folder / "other"}
    page = write_evaluation(evaluation, provenance, tmp_path / "out", models=models).read_text()
    for path in (tmp_path / "out" / "tables").iterdir():
        text = path.read_text()
        assert "Command: cmrmap evaluate cohort -r a. Seed 3." in text, path.name
        assert "commit" in text
        assert "cohort seed 7" in text
    lines = (tmp_path / "out" / "tables" / "aims.csv").read_text().splitlines()
    rows = list(csv.reader(line for line in lines if not line.startswith("#")))
    assert rows[0] == ["map", "what", "aim", "measured", "reached"]
    latex = (tmp_path / "out" / "tables" / "table2_t2_reader.tex").read_text()
    assert r"\begin{tabular}" in latex
    assert "%)" not in latex.replace(r"\%)", "")
    # the page is one file: no link leads out of it, every figure is inside
    assert not re.findall(r"(?:src|href)=['\"](?!data:)", page)
    figures = re.findall(r"data:image/svg\+xml;base64,([^']+)", page)
    assert len(figures) == len(list((tmp_path / "out" / "figures").glob("*.svg"))) == 4
    assert base64.b64decode(figures[0]).startswith(b"<?xml")
    content = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert content["maps"][0]["scopes"]["patient"]["agreement"]["n"] == 12
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    write_evaluation(evaluation, provenance, tmp_path / "out", models=models)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()} == before


def test_a_reference_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_reference(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no reference; expected <study>/<map>/"):
        read_reference(tmp_path / "empty")
