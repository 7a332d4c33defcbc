"""What people look at: the report as PDF and HTML, and one picture a slice.

Drawn with reportlab and Pillow rather than matplotlib: a third of its size in the image, a tenth of its import time,
and a page that is placed to the millimetre. Everything heavy is imported when something is drawn.
"""

from cmrmap.report.drawing import Drawing, draw_report

__all__ = ["Drawing", "draw_report"]
