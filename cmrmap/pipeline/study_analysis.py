"""The front door: one study in, by folder or as arrays, and everything that the stages made of it kept."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from cmrmap.core.errors import InputError
from cmrmap.core.findings import Refusal
from cmrmap.core.map_specs import MapKind
from cmrmap.core.map_volume import MapVolume
from cmrmap.core.stack import WeightedStack
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.dicom.selection.given_times import GivenTimes
from cmrmap.ecv.hematocrit import Hematocrit, parse_hematocrit
from cmrmap.pipeline.context import RunContext
from cmrmap.pipeline.execution import Products, run_stages
from cmrmap.pipeline.explain import PixelExplanation, explain_pixel
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.pipeline.stages import STAGES
from cmrmap.pipeline.study import StudyMaps
from cmrmap.pipeline.unexplained import explained
from cmrmap.results import StudyResult
from cmrmap.run.defaults import configured_times, preferences_of
from cmrmap.run.outcome import Outcome, write_status
from cmrmap.run.output_folder import claim
from cmrmap.run.paths import check_apart, check_input, check_output
from cmrmap.run.shipped_model import find_model_folder
from cmrmap.segmentation import Network, load_network, use_gpu
from cmrmap.settings import AnalysisSettings
from cmrmap.settings.file import read_settings_file


@dataclass(frozen=True, slots=True)
class StudyAnalysis:
    """A study and everything that the stages made of it.

    Attributes
    ----------
    context : what the stages were told
    products : what they made, by the names of `cmrmap.pipeline.stages.STAGES`
    """

    context: RunContext
    products: Products

    @property
    def report(self) -> StudyMaps:
        """Numbers, volumes and findings of all maps, and the hematocrit that ECV was made with."""
        return self.products.one("maps", StudyMaps)

    @property
    def results(self) -> StudyResult:
        """All that results.json says.

        Raises
        ------
        InputError
            the study came as arrays: results.json also tells what DICOM files they were
        """
        self._from_dicom("results")
        return self.products.one("results", StudyResult)

    @property
    def maps(self) -> Mapping[str, MapVolume]:
        """The maps that were made, by their keys in results.json; of the others ``report.maps`` says why."""
        return MappingProxyType({volume.kind.value: volume for volume in self.report.volumes})

    @property
    def series(self) -> Mapping[str, MappedSeries]:
        """The fitted series by their map's key: samples, fits and errors of every polar cell."""
        fitted = self.products.several("series", MappedSeries)
        return MappingProxyType({one.kind.value: one for one in fitted})

    def explain(self, map: MapKind | str, slice_index: int, row: int, column: int) -> PixelExplanation:
        """Tell how one pixel of a T1 or T2 map came about.

        Parameters
        ----------
        map : the map's key, e.g. "native_t1"
        slice_index, row, column : pixel of the map, from 0

        Returns
        -------
        PixelExplanation
            samples, fit, and whether the pixel counts

        Raises
        ------
        InputError
            no such series, a pixel outside the mapped wall, or of a slice that was refused
        """
        key = map.value if isinstance(map, MapKind) else map
        series = self.series
        if key in series:
            return explain_pixel(series[key], slice_index, row, column, self.report.counted.get(MapKind(key)))
        if key in tuple(MapKind) and self.products.get(key) is not None:
            made_of = " and ".join(MapKind(key).spec.sources)
            raise InputError(f"{key} has no fit of its own: it is made of {made_of}; explain the same pixel of these")
        raise InputError(f"there is no fitted series {key!r}; there are {', '.join(series) or 'none'}")

    def save(self, folder: str | os.PathLike[str], *, into_non_empty: bool = False) -> Path:
        """Write the application's output folder; what an earlier run wrote there is removed.

        Parameters
        ----------
        folder : made if absent; not inside the input folder
        into_non_empty : write also into a folder that holds files of others; they stay

        Returns
        -------
        the folder, absolute

        Raises
        ------
        InputError
            the study came as arrays: the objects refer to DICOM images; or the folder lies in the input folder
        OutputError
            the folder cannot be made or written, holds files of others, or another run is writing there
        """
        self._from_dicom("an output folder")
        output = Path(folder).absolute()
        check_apart(self.context.source, output)
        check_output(output)
        context = replace(self.context, output_folder=output, outcome=Outcome(model=self.context.model))
        with claim(output, into_non_empty=into_non_empty):
            write_status(output, context.outcome, running=True)
            run_stages(STAGES, context, given=self.products, until="written")
            write_status(output, context.outcome)
        return output

    def _from_dicom(self, what: str) -> None:
        if self.context.input_folder is None:
            raise InputError(
                f"a study that came as arrays cannot give {what}, which describes its DICOM files; use .report, .maps, "
                "or use cmrmap.analyse_folder"
            )


def analyse_folder(
    path: str | os.PathLike[str],
    *,
    hematocrit: float | str | None = None,
    model: str | os.PathLike[str] | Network | None = None,
    settings: AnalysisSettings | Mapping[str, object] | str | os.PathLike[str] | None = None,
) -> StudyAnalysis:
    """Analyse a folder with the DICOM files of one study: the same numbers as the application's.

    Parameters
    ----------
    path : folder with one study, in any order and depth; what is no MR image is skipped and counted
    hematocrit : fraction, e.g. 0.42; 20-70 is read as percent, with a warning. None: what the folder gives (a FHIR
        Observation or hematocrit.json), else what the settings give
    model : folder of one model or of models, or a network from `cmrmap.load_network`; None: the one that is shipped
    settings : an `AnalysisSettings`, a mapping with the sections below ``analysis`` in app.yaml, or the path of such a
        file; None: the defaults

    Returns
    -------
    StudyAnalysis
        a map that could not be made says why in ``.results``

    Raises
    ------
    InputError
        no such folder, two studies in it, no hematocrit that a patient has, or an argument of a wrong type
    NoMappingSeriesError
        no mapping series in the folder
    RefusedError
        mapping series were found, but every one is refused
    SettingsError, ModelError
        a setting or the model folder is not good
    """
    source = Path(_as_path(path, "path", "a folder")).absolute()
    check_input(source)
    chosen, times = _settings(settings)
    given = None if hematocrit is None else parse_hematocrit(hematocrit, "argument hematocrit")
    if given is not None and given.note:
        warnings.warn(given.note, stacklevel=2)
    context = RunContext(
        settings=chosen,
        preferences=preferences_of(chosen, times),
        input_folder=source,
        network=_network(model, chosen),
        hematocrit=given,
    )
    return StudyAnalysis(context, run_stages(STAGES, context, until="results"))


def analyse(
    stacks: Sequence[WeightedStack],
    network: Network,
    *,
    hematocrit: Hematocrit | None = None,
    settings: AnalysisSettings | None = None,
    refusals: Sequence[Refusal] = (),
) -> StudyAnalysis:
    """Analyse a study that is there as arrays: weighted images in, the same maps and numbers as the application's out.

    Parameters
    ----------
    stacks : at most one per kind of map (T2, native T1, post-contrast T1)
    network : from :func:`cmrmap.segmentation.load_network`
    hematocrit : from :func:`cmrmap.ecv.hematocrit.parse_hematocrit`; None: ECV is absent, or made with a synthetic
        value where the settings allow it
    settings : None = the defaults
    refusals : maps that are known to have no series, with the reason

    Returns
    -------
    StudyAnalysis
        ``results`` and ``save`` need DICOM, and say so
    """
    context = RunContext(settings=settings or AnalysisSettings(), network=network)
    given = {"loaded": explained(LoadedStudy(tuple(stacks), tuple(refusals), ())), "hematocrit": hematocrit}
    return StudyAnalysis(context, run_stages(STAGES, context, given=given, until="maps"))


def _settings(
    given: AnalysisSettings | Mapping[str, object] | str | os.PathLike[str] | None,
) -> tuple[AnalysisSettings, GivenTimes]:
    """Return the settings and the times that they name; a path of times counts from where the settings file lies."""
    beside = Path.cwd()
    if given is None:
        chosen = AnalysisSettings()
    elif isinstance(given, AnalysisSettings):
        chosen = given
    elif isinstance(given, Mapping):
        chosen = AnalysisSettings.from_mapping(given)
    else:
        file = Path(_as_path(given, "settings", "AnalysisSettings, a mapping or the path of a YAML file")).absolute()
        chosen, beside = read_settings_file(file).analysis, file.parent
    return chosen, configured_times(chosen, beside)


def _network(given: str | os.PathLike[str] | Network | None, settings: AnalysisSettings) -> Network:
    if isinstance(given, Network):
        return given
    named = None if given is None else Path(_as_path(given, "model", "a folder or a network")).absolute()
    return use_gpu(load_network(find_model_folder(named, settings.segmentation.model)))


def _as_path(given: object, name: str, expected: str) -> str:
    if isinstance(given, str | os.PathLike):
        return str(os.fspath(given))
    raise InputError(f"argument {name} is a {type(given).__name__}; expected {expected}")
