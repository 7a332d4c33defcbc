"""A finding's declaration: thresholds that are crossed, words that are filled in, and what is no declaration."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmrmap.core.findings import QualityFlag, Severity, Threat
from cmrmap.core.map_specs import MapKind
from cmrmap.quality.declaration import MOST_WORDS, Finding, Threshold

SHARE = Threshold("above", 0.3, "of the slice's images", percent=True)


def declared(**changes):
    fields = {
        "code": "odd",
        "severity": Severity.INFO,
        "threatens": Threat.SLICE,
        "message": "odd",
        "means": "it is odd",
    }
    return Finding(**{**fields, "advice": "look", **changes})


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_a_value_on_the_limit_has_not_crossed_it(found, limit):
    above, below = Threshold("above", limit, "of all"), Threshold("below", limit, "of all")
    assert above.crossed(found) == (found > limit)
    assert below.crossed(found) == (found < limit)
    assert not above.crossed(limit)
    assert not below.crossed(limit)


@pytest.mark.parametrize("side", ["above", "below"])
def test_what_is_not_known_crosses_nothing(side):
    assert not Threshold(side, 0.5, "of all").crossed(math.nan)


def test_a_limit_is_given_once():
    of_settings = Threshold("above", None, "for the mean", setting="analysis.quality")
    assert of_settings.crossed(5.1, 5.0)
    assert not of_settings.crossed(5.0, 5.0)
    with pytest.raises(ValueError, match="expected one of them"):
        of_settings.crossed(5.1)
    with pytest.raises(ValueError, match="expected one of them"):
        SHARE.crossed(0.5, 0.4)
    with pytest.raises(ValueError, match="limit or a setting"):
        Threshold("above", None, "of all")
    with pytest.raises(ValueError, match="has no threshold"):
        declared().crossed(1.0)


def test_a_threshold_in_words():
    assert str(SHARE) == "above 30 % of the slice's images"
    assert str(Threshold("below", 0.85, "mean probability")) == "below 0.85 mean probability"
    assert str(Threshold("above", None, "for the mean", setting="a.b")) == "above the limit in `a.b` for the mean"


def test_a_flag_has_the_declared_words_and_the_limit():
    message = "{found:.0f} of {limit:.0f} %"
    finding = declared(message=message, threshold=SHARE, warning_where="beyond the threshold", typical={"found": 1.0})
    slice_3 = QualityFlag("odd", Severity.INFO, "20 of 30 %", MapKind.T2, 3, Threat.SLICE)
    assert finding.flag(MapKind.T2, 3, found=20.4) == slice_3
    assert finding.flag(MapKind.T2, 3, found=20.4).values == (("found", 20.4),)
    of_study = QualityFlag("odd", Severity.WARNING, "40 of 30 %", threatens=Threat.SLICE)
    assert finding.flag(is_warning=True, found=40) == of_study


def test_reasons_that_a_message_leaves_out_are_its_detail():
    flag = declared().flag(MapKind.T2, detail="for these reasons")
    assert (flag.message, flag.detail, flag.sentence) == ("odd", "for these reasons", "for these reasons")


@given(st.lists(st.text("abc", min_size=1, max_size=3), max_size=60), st.lists(st.text("abc", min_size=1), max_size=60))
def test_a_message_has_at_most_25_words_and_what_to_do_is_never_cut(reason, place):
    finding = declared(message="{place} lost: {reason}; send it again", typical={"place": "", "reason": ""})
    flag = finding.flag(place=" ".join(place), reason=" ".join(reason))
    assert len(flag.message.split()) <= MOST_WORDS == 25
    assert flag.message.endswith("; send it again")
    whole = f"{' '.join(place)} lost: {' '.join(reason)}; send it again"
    assert flag.sentence == whole
    assert flag.detail == ("" if flag.message == whole else whole)
    assert (flag.message == whole) == (len(whole.split()) <= MOST_WORDS)


def test_a_flag_on_a_map_that_is_made_from_another():
    finding = declared(severity=Severity.WARNING, inherited="see there")
    assert finding.flag_inherited(MapKind.ECV, 1) == QualityFlag(
        "odd", Severity.WARNING, "see there", MapKind.ECV, 1, Threat.SLICE
    )
    with pytest.raises(ValueError, match="not handed on"):
        declared().flag_inherited(MapKind.ECV)


@pytest.mark.parametrize("values", [{}, {"found": 1, "other": 2}, {"limit": 3}])
def test_a_flag_needs_exactly_what_its_message_leaves_open(values):
    with pytest.raises(ValueError, match=r"the message of odd needs \['found'\]"):
        declared(message="{found}", typical={"found": 2}).flag(**values)


def test_a_note_becomes_a_warning_only_by_its_rule():
    with pytest.raises(ValueError, match="no rule by which it becomes a warning"):
        declared().flag(is_warning=True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"code": "Odd one"}, "a-z, 0-9 and _"),
        ({"message": ""}, "needs a message"),
        ({"advice": ""}, "what to do"),
        ({"severity": Severity.WARNING, "warning_where": "always"}, "a warning already"),
        ({"message": "more than {limit}"}, "tells a limit but has none"),
        ({"message": "{found}"}, r"the example of odd needs \['found'\]; found \[\]"),
        ({"typical": {"found": 1}}, r"the example of odd needs \[\]; found \['found'\]"),
    ],
)
def test_what_is_no_declaration(changes, words):
    with pytest.raises(ValueError, match=words):
        declared(**changes)
