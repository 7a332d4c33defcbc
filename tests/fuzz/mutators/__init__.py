"""Every way to damage a study; importing this package fills the list in ``cases``."""

from tests.fuzz.mutators import beside, bytes_, contours, files, frames, pixels, tags

__all__ = ["beside", "bytes_", "contours", "files", "frames", "pixels", "tags"]
