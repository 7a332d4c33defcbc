"""The graph of the application, and nothing else."""

from __future__ import annotations

from app.settings import RunSettings
from cmrmap.core.provenance import SoftwareProvenance
from cmrmap.run.outcome import Outcome
from cmrmap.segmentation import Network
from operators.base import GraphApplication
from operators.bundler import BundlerOperator
from operators.dicom_encoder import DicomEncoderOperator
from operators.extracellular_volume import ExtracellularVolumeOperator
from operators.hematocrit_finder import HematocritFinderOperator
from operators.polar_alignment import PolarAlignmentOperator
from operators.refinement import RefinementOperator
from operators.regional_report import RegionalReportOperator
from operators.relaxometry import RelaxometryOperator
from operators.report_drawer import ReportDrawerOperator
from operators.results_writer import ResultsWriterOperator
from operators.segmentation import SegmentationOperator
from operators.sender import SenderOperator
from operators.series_selector import SeriesSelectorOperator
from operators.stack_loader import StackLoaderOperator
from operators.study_reader import StudyReaderOperator
from operators.summariser import SummariserOperator


class CmrmapApplication(GraphApplication):
    """A DICOM study in; maps, segmentation and numbers out."""

    def __init__(
        self, settings: RunSettings, outcome: Outcome, network: Network, provenance: SoftwareProvenance
    ) -> None:
        super().__init__(settings, outcome)
        self.network = network
        self.provenance = provenance

    def compose(self) -> None:
        """Make the operators and connect them."""
        run, settings, common = self.settings, self.settings.analysis, {"outcome": self.outcome}
        network, provenance = self.network, self.provenance

        read = StudyReaderOperator(self, name="read", folder=run.input_path, **common)
        select = SeriesSelectorOperator(self, name="select", preferences=run.preferences, **common)
        load = StackLoaderOperator(self, name="load", models=settings.models.by_kind, **common)
        segment = SegmentationOperator(self, name="segment", network=network, **common)
        refine = RefinementOperator(self, name="refine", settings=settings, **common)
        align = PolarAlignmentOperator(self, name="align", settings=settings, **common)
        fit = RelaxometryOperator(self, name="fit", settings=settings, **common)
        hematocrit = HematocritFinderOperator(
            self,
            name="hematocrit",
            folder=run.input_path,
            given=run.hematocrit,
            configured=settings.hematocrit.value,
            **common,
        )
        ecv = ExtracellularVolumeOperator(self, name="ecv", settings=settings, **common)
        report = RegionalReportOperator(self, name="report", settings=settings, **common)
        encode = DicomEncoderOperator(self, name="encode", provenance=provenance, settings=settings.outputs, **common)
        summarise = SummariserOperator(self, name="summarise", provenance=provenance, **common)
        draw = ReportDrawerOperator(self, name="draw", settings=settings.outputs, **common)
        bundle = BundlerOperator(self, name="bundle", with_csv=settings.outputs.segments_csv, **common)
        write = ResultsWriterOperator(
            self, name="write", folder=run.output_path, sends=run.send_to is not None, **common
        )

        self.add_flow(read, select, {("study", "study")})
        self.add_flow(read, load, {("study", "study")})
        self.add_flow(select, load, {("selection", "selection")})
        self.add_flow(load, segment, {("loaded", "loaded")})
        self.add_flow(load, refine, {("loaded", "loaded")})
        self.add_flow(segment, refine, {("segmentations", "segmentations")})
        self.add_flow(load, align, {("loaded", "loaded")})
        self.add_flow(refine, align, {("refined", "refined")})
        self.add_flow(load, fit, {("loaded", "loaded")})
        self.add_flow(refine, fit, {("refined", "refined")})
        self.add_flow(align, fit, {("polar", "polar")})
        self.add_flow(read, hematocrit, {("study", "study")})
        self.add_flow(hematocrit, ecv, {("hematocrit", "hematocrit")})
        self.add_flow(fit, ecv, {("series", "series")})
        self.add_flow(load, report, {("loaded", "loaded")})
        self.add_flow(fit, report, {("series", "series")})
        self.add_flow(ecv, report, {("ecv", "ecv")})
        self.add_flow(read, summarise, {("study", "study")})
        self.add_flow(select, summarise, {("selection", "selection")})
        self.add_flow(load, summarise, {("loaded", "loaded")})
        self.add_flow(report, summarise, {("analysis", "analysis")})
        self.add_flow(read, draw, {("study", "study")})
        self.add_flow(load, draw, {("loaded", "loaded")})
        self.add_flow(report, draw, {("analysis", "analysis")})
        self.add_flow(summarise, draw, {("results", "results")})
        self.add_flow(draw, encode, {("drawing", "drawing")})
        self.add_flow(draw, bundle, {("drawing", "drawing")})
        self.add_flow(read, encode, {("study", "study")})
        self.add_flow(report, encode, {("analysis", "analysis")})
        self.add_flow(summarise, encode, {("results", "results")})
        self.add_flow(summarise, bundle, {("results", "results")})
        self.add_flow(encode, bundle, {("files", "files")})
        self.add_flow(bundle, write, {("bundle", "bundle")})
        if run.send_to is not None:
            send = SenderOperator(self, name="send", folder=run.output_path, destination=run.send_to, **common)
            self.add_flow(write, send, {("written", "written")})
