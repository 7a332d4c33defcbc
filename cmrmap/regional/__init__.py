"""Where in the heart a pixel lies: insertion points, slice levels, AHA segments, and statistics over them."""

from cmrmap.regional.aha import APICAL_SEGMENTS, SEGMENT_NAMES, aha_map, segments_of_angles
from cmrmap.regional.contour_doubt import doubt_by_segment
from cmrmap.regional.handedness import handedness
from cmrmap.regional.insertion_points import InsertionPoints, PointSource
from cmrmap.regional.landmarks import angle_of, apex_direction, find_insertion_points
from cmrmap.regional.levels import LevelAssignment, SliceOrder, assign_levels, level_of
from cmrmap.regional.statistics import SegmentTable, region_statistics, segment_table

__all__ = [
    "APICAL_SEGMENTS",
    "SEGMENT_NAMES",
    "InsertionPoints",
    "LevelAssignment",
    "PointSource",
    "SegmentTable",
    "SliceOrder",
    "aha_map",
    "angle_of",
    "apex_direction",
    "assign_levels",
    "doubt_by_segment",
    "find_insertion_points",
    "handedness",
    "level_of",
    "region_statistics",
    "segment_table",
    "segments_of_angles",
]
