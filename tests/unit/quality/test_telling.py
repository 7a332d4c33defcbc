"""Findings in the order in which people are told them, equal ones of several slices once."""

from hypothesis import given
from hypothesis import strategies as st

from cmrmap.core.findings import QualityFlag, Severity, Threat
from cmrmap.core.map_specs import MapKind
from cmrmap.quality.catalogue import CATALOGUE
from cmrmap.quality.catalogue.images import IMAGE_LOST
from cmrmap.quality.catalogue.outline_quality import IMAGES_REFINED, UNCERTAIN_BORDER, UNCERTAIN_OUTLINES
from cmrmap.quality.telling import told

T2, T1 = MapKind.T2, MapKind.NATIVE_T1
WEIGHTS = [Severity.ERROR, Severity.WARNING, Severity.INFO]


def test_slices_that_differ_in_numbers_are_one_finding_with_their_span():
    flags = [UNCERTAIN_OUTLINES.flag(T2, index, found=found) for index, found in ((4, 0.71), (0, 0.81), (1, 0.76))]
    (one,) = told(flags)
    assert one.slice_indices == (0, 1, 4)
    assert one.message == "segmentation confidence 0.71-0.81, below 0.85: verify contours"
    (alike,) = told([UNCERTAIN_OUTLINES.flag(T2, index, found=0.8101 + index / 1000) for index in range(3)])
    assert alike.message == "segmentation confidence 0.81, below 0.85: verify contours"
    (counted,) = told(
        [IMAGES_REFINED.flag(T2, 0, replaced=3, present=9), IMAGES_REFINED.flag(T2, 2, replaced=4, present=9)]
    )
    assert counted.message.startswith("3-4 of 9 images")


def test_what_is_named_is_never_joined_with_another_name():
    """A span of AHA numbers would name segments that nothing was found in."""
    flags = [UNCERTAIN_BORDER.flag(T2, index, segments=segments, found=0.5) for index, segments in ((0, "2"), (1, "8"))]
    assert [(one.slice_indices, one.message[:5]) for one in told(flags)] == [
        ((0,), "AHA 2"),
        ((1,), "AHA 8"),
    ]


def test_maps_severities_and_the_whole_study_are_kept_apart():
    flags = [
        IMAGES_REFINED.flag(T2, 0, replaced=3, present=9),
        IMAGES_REFINED.flag(T2, 1, replaced=3, present=9, is_warning=True),
        IMAGES_REFINED.flag(T1, 0, replaced=3, present=9),
        IMAGE_LOST.flag(images="image 1.2 is", reason="cut"),
        IMAGE_LOST.flag(images="image 1.3 is", reason="cut"),
    ]
    assert len(told(flags)) == 5


def test_a_flag_without_what_was_filled_in_is_joined_with_its_like_only():
    flags = [QualityFlag("images_refined", Severity.INFO, words, T2, index) for index, words in enumerate("aab")]
    assert [(one.slice_indices, one.message) for one in told(flags)] == [((0, 1), "a"), ((2,), "b")]


@given(st.permutations([one.flag(T2, 0, **one.typical) for one in CATALOGUE]))
def test_the_order_is_that_of_threats_and_weights_whatever_was_found_first(flags):
    found = [(list(Threat).index(one.threatens), WEIGHTS.index(one.severity)) for one in told(flags)]
    assert found == sorted(found)
    assert {one.code for one in told(flags)} == {one.code for one in CATALOGUE}


def test_every_finding_can_be_joined_and_keeps_to_its_words():
    for one in CATALOGUE:
        larger = {name: value * 3 if isinstance(value, (int, float)) else value for name, value in one.typical.items()}
        (joined,) = told([one.flag(T2, 0, **one.typical), one.flag(T2, 1, **larger)])
        assert joined.slice_indices == (0, 1), one.code
        assert len(joined.message.split()) <= 25, joined.message
