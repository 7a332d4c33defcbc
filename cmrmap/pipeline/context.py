"""What a run is told: the first argument of every stage's call."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from cmrmap.core.errors import InputError
from cmrmap.core.provenance import SoftwareProvenance, model_in_words
from cmrmap.core.version import VERSION
from cmrmap.dicom.selection.preferences import SelectionPreferences
from cmrmap.dicom.transfer.base import Destination
from cmrmap.ecv.hematocrit import Hematocrit
from cmrmap.run.lean_process import spare_imports
from cmrmap.run.outcome import Outcome
from cmrmap.run.run_settings import RunSettings
from cmrmap.segmentation import Network, load_network, use_gpu
from cmrmap.settings import AnalysisSettings

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class RunContext:
    """Everything that stages are told and do not make; a stage that needs what is None says so.

    Attributes
    ----------
    settings : the tunables
    preferences : what the user says about the choice of series and their times
    input_folder, output_folder : of the study's DICOM files, and of the results
    network : that draws the outlines
    hematocrit : that the user gives; None: the study or ``settings.hematocrit`` may give one
    send_to : the archive that the results are sent to; None: they are not sent
    outcome : told of failures, and of what was written
    owns_process : whether the run has its process to itself: then a thread loads the compiled fit while the network
        draws, and what is freed goes back to the system
    """

    settings: AnalysisSettings = field(default_factory=AnalysisSettings)
    preferences: SelectionPreferences = field(default_factory=SelectionPreferences)
    input_folder: Path | None = None
    output_folder: Path | None = None
    network: Network | None = None
    hematocrit: Hematocrit | None = None
    send_to: Destination | None = None
    outcome: Outcome = field(default_factory=Outcome)
    owns_process: bool = False

    @property
    def source(self) -> Path:
        """The input folder of a run that has one.

        Raises
        ------
        InputError
            the run has none
        """
        return _needed(self.input_folder, "input folder")

    @property
    def target(self) -> Path:
        """The output folder of a run that has one.

        Raises
        ------
        InputError
            the run has none
        """
        return _needed(self.output_folder, "output folder")

    @property
    def drawn_by(self) -> Network:
        """The network of a run that has one.

        Raises
        ------
        InputError
            the run has none
        """
        return _needed(self.network, "network")

    @property
    def model(self) -> str:
        """What draws the outlines, in words.

        Raises
        ------
        InputError
            the run has no network
        """
        return model_in_words(self.drawn_by.convention)

    @property
    def provenance(self) -> SoftwareProvenance:
        """What the written objects say about their origin.

        Raises
        ------
        InputError
            the run has no network
        """
        drawn_by = self.drawn_by
        return SoftwareProvenance(VERSION, drawn_by.weights_sha256, self.settings.sha256, drawn_by.convention)


def context_of_run(settings: RunSettings, outcome: Outcome) -> RunContext:
    """Load the network of a run, onto the GPU where there is one, and return all that its stages are told.

    Parameters
    ----------
    settings : of the run
    outcome : of the run

    Returns
    -------
    RunContext
        of the whole run

    Raises
    ------
    ModelError
        the model folder is incomplete, or its checksum is wrong
    """
    network = use_gpu(load_network(settings.model_path))
    outcome.model = model_in_words(network.convention)
    spare_imports()
    return RunContext(
        settings=settings.analysis,
        preferences=settings.preferences,
        input_folder=settings.input_path,
        output_folder=settings.output_path,
        network=network,
        hematocrit=settings.hematocrit,
        send_to=settings.send_to,
        outcome=outcome,
        owns_process=True,
    )


def _needed(value: _T | None, what: str) -> _T:
    if value is None:
        raise InputError(f"this run has no {what}, and a stage of it needs one; give one in its RunContext")
    return value
