"""What is known of a map checks itself."""

import numpy as np
import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.parameter_map import BloodValue
from cmrmap.core.shared_errors import BETWEEN_SLICES
from cmrmap.core.statuses import MapStatus, SliceStatus
from cmrmap.results import NO_STATISTICS, BloodResult, MapResult, SegmentResult, SliceResult, absent_map, mean_blood


def test_results_check_themselves():
    with pytest.raises(InputError, match="status of the t2 map must be one of ok, partial, refused, absent; found 'x'"):
        MapResult(MapKind.T2, "x", "why")
    with pytest.raises(InputError, match="give a reason if and only if"):
        MapResult(MapKind.T2, "refused")
    with pytest.raises(InputError, match="give a reason if and only if"):
        SliceResult(0, None, None, "ok", "why", 9, 9, 0)
    with pytest.raises(InputError, match="only T1 maps have a blood T1"):
        MapResult(MapKind.T2, "ok", blood=BloodResult())
    with pytest.raises(InputError, match="1 to 16; found 0"):
        SegmentResult(0, NO_STATISTICS)


def test_statuses_are_enumerations_and_their_words_are_taken():
    assert MapResult(MapKind.T2, "ok").status is MapStatus.OK
    assert SliceResult(0, None, None, "absent", "why", 0, 0, 0).status is SliceStatus.ABSENT
    assert absent_map(MapKind.T2, "why", "refused").status is MapStatus.REFUSED
    assert [status for status in MapStatus if status.made] == [MapStatus.OK, MapStatus.PARTIAL]
    assert f"{MapStatus.OK} {SliceStatus.REFUSED}" == "ok refused"


def test_mean_blood():
    mean = mean_blood((BloodValue(1600.0, 30.0, 78), None, BloodValue(1700.0, 40.0, 78)))
    shared, own = BETWEEN_SLICES * 70.0**2, (1.0 - BETWEEN_SLICES) * 50.0**2
    assert (mean.t1_ms, mean.uncertainty) == (1650.0, pytest.approx(np.sqrt(shared + own) / 2))
    assert np.isnan(mean_blood((None, None)).t1_ms)
