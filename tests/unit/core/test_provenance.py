"""The name of a convention goes into every output, so it must fit there."""

import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.provenance import LONGEST_CONVENTION, SoftwareProvenance, check_convention, model_in_words


def test_a_name_is_kept_without_spaces_around_it() -> None:
    assert check_convention(" Reader Ä, St. X ") == "Reader Ä, St. X"


@pytest.mark.parametrize("name", ["", "  ", "x" * (LONGEST_CONVENTION + 1), "a\\b", "a\nb", "a\tb"])
def test_what_no_dicom_string_holds_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"convention's name has \d+ characters; expected 1 to 24"):
        check_convention(name)


def test_the_shipped_weights_add_nothing() -> None:
    shipped = SoftwareProvenance("1", "a", "b")
    assert (shipped.algorithm_name, shipped.in_brackets) == ("CMRmap", "")


def test_the_longest_name_fits_into_every_description() -> None:
    refined = SoftwareProvenance("1", "a", "b", "x" * LONGEST_CONVENTION)
    assert len(refined.algorithm_name) <= 64
    for kind in MapKind:
        form = kind.spec.dicom
        assert len(f"{form.values.name} in {kind.unit}{refined.in_brackets}") <= 64
        for content in ("picture", f"float [{kind.unit}]"):
            assert len(f"{form.heading} {content} {form.which}, CMRmap{refined.in_brackets}") <= 64


def test_every_other_model_is_called_a_site_model() -> None:
    assert model_in_words(None) == "shipped model"
    assert model_in_words("site model") == "site model"
    assert model_in_words("Reader A") == "site model (Reader A)"
    assert SoftwareProvenance("1", "a", "b", "site model").algorithm_name == "CMRmap, site model"
