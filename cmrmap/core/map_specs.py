"""The maps that the application makes: one `MapSpec` each, read by every room.

A new map is one more spec here; docs/how-to/add-a-map.md shows what else it needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from cmrmap.core.map_spec import ColourRange, DicomForm, Limit, MapSpec, StoredForm, Weighting, check_specs


class MapKind(str, Enum):
    """The maps, in the order of results.json; the value is the key there.

    Attributes
    ----------
    T2 : of the myocardium, ms
    NATIVE_T1 : T1 before contrast agent, ms
    POSTCONTRAST_T1 : T1 after contrast agent, ms
    ECV : extracellular volume, percent; made from the two T1 maps and the hematocrit
    T2_STAR : T2*, ms
    """

    T2 = "t2"
    NATIVE_T1 = "native_t1"
    POSTCONTRAST_T1 = "postcontrast_t1"
    ECV = "ecv"
    T2_STAR = "t2_star"

    @property
    def spec(self) -> MapSpec:
        """What is particular to the map."""
        return MAP_SPECS[self]

    @property
    def unit(self) -> str:
        """UCUM unit of the reported values."""
        return self.spec.unit

    @property
    def sources(self) -> tuple[MapKind, ...]:
        """The maps whose series it is made from: itself, or those that it is computed from."""
        return tuple(MapKind(key) for key in self.spec.sources) or (self,)


_ZHU = "Zhu 2020"
_T1_MODELS = ("stone_2p", "molli_3p", "shmolli_3p", "sasha_2p", "sasha_3p")
# CID 7180. No public code exists for extracellular volume (DCM 126314 "ve" is a pharmacokinetic model's parameter,
# another quantity)
_T1 = ("113063", "DCM", "T1")
_T2 = ("113065", "DCM", "T2")
_T2_STAR = ("113064", "DCM", "T2*")
_ECV = ("ECV", "99CMRMAP", "Myocardial extracellular volume fraction")

_T2_SPEC = MapSpec(
    key="t2",
    group="t2",
    unit="ms",
    title="T2",
    name="T2",
    short_name="T2",
    decimals=1,
    weighting=Weighting.T2,
    times_name="preparation times",
    models=("t2_3p", "t2_2p"),
    standard_model="t2_3p",
    leaves_out_blood_edge=True,
    min_images=Limit(6, f"{_ZHU}: 6 of 9", 100),
    value_range=Limit((30.0, 100.0), _ZHU, 1e4),
    widest_interval=Limit(4.0, "ours", 1e4),
    plausible_range=(5.0, 400.0),
    threshold=58.0,
    acceptance=(4.0, 12.0),
    dicom=DicomForm(
        series_base=9100,
        heading="T2",
        values=StoredForm("T2", "T2 MAP", "T2_MAP", 0.1, (60.0, 120.0)),
        sd=StoredForm("SD of T2", "T2 SD MAP", "T2_SD", 0.01, (5.0, 10.0)),
        quantity=_T2,
        map_name=("MAP_T2", "99CMRMAP", "T2 map"),
    ),
    colours=ColourRange("crameri:navia", 30.0, 90.0, (30.0, 50.0, 70.0, 90.0)),
)

_NATIVE_T1_SPEC = MapSpec(
    key="native_t1",
    group="t1",
    unit="ms",
    title="Native T1",
    name="native T1",
    short_name="native T1",
    decimals=0,
    weighting=Weighting.T1,
    times_name="inversion times",
    models=_T1_MODELS,
    standard_model="stone_2p",
    changes_sign=True,
    has_blood=True,
    leaves_out_blood_edge=True,
    min_images=Limit(8, f"{_ZHU}: 8 of 11", 100),
    value_range=Limit((400.0, 2500.0), "ours", 1e4),
    widest_interval=Limit(50.0, "ours", 1e4),
    plausible_range=(100.0, 4000.0),
    acceptance=(3.0, 4.0),
    dicom=DicomForm(
        series_base=9200,
        heading="T1",
        which="native",
        values=StoredForm("native T1", "T1 MAP", "NATIVE_T1_MAP", 1.0, (1100.0, 1400.0)),
        sd=StoredForm("SD of native T1", "T1 SD MAP", "NATIVE_T1_SD", 0.1, (50.0, 100.0)),
        quantity=_T1,
        map_name=("MAP_NATIVE_T1", "99CMRMAP", "Native T1 map"),
    ),
    colours=ColourRange("crameri:lipari", 800.0, 1600.0, (800.0, 1000.0, 1200.0, 1400.0, 1600.0)),
)

_POSTCONTRAST_T1_SPEC = MapSpec(
    key="postcontrast_t1",
    group="t1",
    unit="ms",
    title="Post-contrast T1",
    name="post-contrast T1",
    short_name="post T1",
    decimals=0,
    weighting=Weighting.T1,
    times_name="inversion times",
    models=_T1_MODELS,
    standard_model="stone_2p",
    changes_sign=True,
    has_blood=True,
    min_images=Limit(8, f"{_ZHU}: 8 of 11", 100),
    value_range=Limit((50.0, 1500.0), "ours", 1e4),
    widest_interval=Limit(25.0, "ours", 1e4),
    plausible_range=(20.0, 3000.0),
    acceptance=(3.0, 4.0),
    dicom=DicomForm(
        series_base=9300,
        heading="T1",
        which="post",
        values=StoredForm("post-contrast T1", "T1 MAP", "POST_T1_MAP", 1.0, (500.0, 800.0)),
        sd=StoredForm("SD of post-contrast T1", "T1 SD MAP", "POST_T1_SD", 0.1, (25.0, 50.0)),
        quantity=_T1,
        map_name=("MAP_POST_T1", "99CMRMAP", "Post-contrast T1 map"),
    ),
    colours=ColourRange("crameri:lipari", 200.0, 800.0, (200.0, 350.0, 500.0, 650.0, 800.0)),
)

_ECV_SPEC = MapSpec(
    key="ecv",
    group="ecv",
    unit="%",
    title="ECV",
    name="ECV",
    short_name="ECV",
    decimals=1,
    weighting=None,
    times_name="",
    sources=("native_t1", "postcontrast_t1"),
    value_range=Limit((10.0, 60.0), _ZHU, 100.0),
    widest_interval=Limit(2.5, "ours", 100.0),
    plausible_range=(2.0, 100.0),
    threshold=29.0,
    acceptance=(1.0, 2.0),
    dicom=DicomForm(
        series_base=9400,
        heading="ECV",
        values=StoredForm("ECV", "ECV MAP", "ECV_MAP", 0.1, (35.0, 70.0)),
        sd=StoredForm("SD of ECV", "ECV SD MAP", "ECV_SD", 0.01, (2.5, 5.0)),
        quantity=_ECV,
        map_name=("MAP_ECV", "99CMRMAP", "ECV map"),
    ),
    colours=ColourRange("crameri:batlow", 10.0, 50.0, (10.0, 20.0, 30.0, 40.0, 50.0)),
)

# At 1.5 T below 20 ms there is iron, and the ventricle gets weaker (Anderson et al., Eur Heart J 2001;22:2171); below
# 10 ms heart failure is near (Kirk et al., Circulation 2009;120:1961)
_T2_STAR_SPEC = MapSpec(
    key="t2_star",
    group="t2_star",
    unit="ms",
    title="T2*",
    name="T2*",
    short_name="T2*",
    decimals=1,
    weighting=Weighting.T2_STAR,
    times_name="echo times",
    models=("t2_star_2p",),
    standard_model="t2_star_2p",
    min_images=Limit(6, "ours, of 8 echoes", 100),
    value_range=Limit((1.0, 100.0), "ours", 1e4),
    widest_interval=Limit(4.0, "ours", 1e4),
    plausible_range=(0.5, 200.0),
    dicom=DicomForm(
        series_base=9600,
        heading="T2*",
        values=StoredForm("T2*", "T2_STAR MAP", "T2_STAR_MAP", 0.1, (30.0, 60.0)),
        sd=StoredForm("SD of T2*", "T2_STAR SD MAP", "T2_STAR_SD", 0.01, (2.5, 5.0)),
        quantity=_T2_STAR,
        map_name=("MAP_T2_STAR", "99CMRMAP", "T2* map"),
    ),
    colours=ColourRange("crameri:navia", 0.0, 60.0, (0.0, 20.0, 40.0, 60.0)),
    always_listed=False,
)

MAP_SPECS: Mapping[MapKind, MapSpec] = MappingProxyType(
    {
        MapKind(one.key): one
        for one in check_specs((_T2_SPEC, _NATIVE_T1_SPEC, _POSTCONTRAST_T1_SPEC, _ECV_SPEC, _T2_STAR_SPEC))
    }
)
#: the maps that have a series of their own
ACQUIRED = tuple(kind for kind in MapKind if MAP_SPECS[kind].weighting is not None)
