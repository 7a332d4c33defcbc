"""Published ranges: each for its own field strength and sequence only, with its source."""

import re
from pathlib import Path

import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.core.relaxation_models import MODELS
from cmrmap.quality.published_ranges import ECHO_TRAIN, PUBLISHED, published_range


@pytest.mark.parametrize("one", PUBLISHED, ids=lambda one: f"{one.kind.value}-{one.sequence}-{one.field_strength_t}")
def test_each_has_a_citation_a_field_strength_and_a_sequence(one):
    assert re.fullmatch(r"[A-Z][a-z]+ et al\., [A-Za-z ]+ 20\d\d(;\d+:\d+)?, doi:10\.\d{4}/\S+", one.citation)
    assert re.fullmatch(r"[A-Z][a-z]+ 20\d\d", one.author_year)
    assert re.fullmatch(r"[\d.]+ (± [\d.]+|\([\d.]+-[\d.]+\))", one.value)
    assert one.sequence
    assert one.what
    assert set(one.models) <= {*MODELS, ECHO_TRAIN}
    assert all(published_range(one.kind, model, one.field_strength_t) is one for model in one.models)


@pytest.mark.parametrize(
    ("kind", "model", "field", "value"),
    [
        (MapKind.NATIVE_T1, "molli_3p", 1.494, "950 ± 21"),
        (MapKind.NATIVE_T1, "molli_3p", 2.89, "1052 ± 23"),
        (MapKind.NATIVE_T1, "molli_3p", 0.55, None),
        (MapKind.NATIVE_T1, "molli_3p", None, None),
        (MapKind.NATIVE_T1, "molli_3p", float("nan"), None),
        (MapKind.NATIVE_T1, "stone_2p", 1.5, None),
        (MapKind.NATIVE_T1, "scanner_map", 1.5, None),
        (MapKind.POSTCONTRAST_T1, "molli_3p", 1.5, None),
        (MapKind.T2, "t2_2p", 3.0, "46 (44-48)"),
        (MapKind.T2, ECHO_TRAIN, 3.0, "51.6 ± 3"),
    ],
)
def test_no_other_sequence_or_field_strength_lends_its_range(kind, model, field, value):
    found = published_range(kind, model, field)
    assert (found and found.value) == value


def test_the_document_lists_each_of_them():
    document = (Path(__file__).parents[3] / "docs" / "plausible-values.md").read_text(encoding="utf-8")
    section = document.split("## Published ranges")[1].split("\n## ")[0]
    for one in PUBLISHED:
        assert f"| {one.value} |" in section
        assert one.citation in section
