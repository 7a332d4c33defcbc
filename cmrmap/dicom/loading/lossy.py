"""Were an image's pixels ever compressed with loss? By its attributes, its transfer syntax and its codestream."""

from __future__ import annotations

import re

from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames

from cmrmap.dicom.headers.values import text, value

#: transfer syntaxes that always lose (DICOM PS3.5 10)
_LOSSY_SYNTAXES = {
    "1.2.840.10008.1.2.4.50": "JPEG baseline",
    "1.2.840.10008.1.2.4.51": "JPEG extended",
    "1.2.840.10008.1.2.4.52": "JPEG extended",
    "1.2.840.10008.1.2.4.53": "JPEG spectral selection",
    "1.2.840.10008.1.2.4.55": "JPEG full progression",
    "1.2.840.10008.1.2.4.81": "JPEG-LS near-lossless",
}
_VIDEO_SYNTAXES = "1.2.840.10008.1.2.4.10"  # MPEG-2, MPEG-4 and HEVC
#: those that may lose: the codestream tells
_JPEG_2000_SYNTAXES = {"1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.93", "1.2.840.10008.1.2.4.203"}
_LOSSY_DERIVATION = "113040"  # DCM, Lossy Compression (DICOM PS3.16 CID 7203)
_LOSSY_WORD = re.compile(r"\blossy\b", re.IGNORECASE)
_CODING_STYLE = b"\xff\x52"  # marker COD (ISO/IEC 15444-1 A.6.1)
_TRANSFORM_OFFSET = 13  # bytes: marker 2, length 2, style 1, progression 1, layers 2, components 1, levels and blocks 4
_IRREVERSIBLE = 0


def lossy_compression(dataset: Dataset) -> str:
    """Return by what an image's pixels were compressed with loss, now or before; "" where nothing says so.

    Parameters
    ----------
    dataset : with its file meta information and its pixel data
    """
    syntax = text(getattr(dataset, "file_meta", Dataset()), "TransferSyntaxUID")
    now = _LOSSY_SYNTAXES.get(syntax, "video" if syntax.startswith(_VIDEO_SYNTAXES) else "")
    if not now and syntax in _JPEG_2000_SYNTAXES and _is_irreversible(dataset):
        now = "JPEG 2000 irreversible"
    method = text(dataset, "LossyImageCompressionMethod").split("\\")[0]
    if text(dataset, "LossyImageCompression") == "01" or method:
        return ", ".join(part for part in (now or method, "LossyImageCompression 01") if part)
    derivations = value(dataset, "DerivationCodeSequence") or ()
    coded = any(text(code, "CodeValue") == _LOSSY_DERIVATION for code in derivations)
    return now or ("by its derivation" if coded or _LOSSY_WORD.search(text(dataset, "DerivationDescription")) else "")


def _is_irreversible(dataset: Dataset) -> bool:
    """Tell whether a JPEG 2000 codestream uses the 9/7 wavelet, which cannot give the same numbers back."""
    encoded = value(dataset, "PixelData")
    if not isinstance(encoded, bytes):
        return False
    try:
        stream = next(generate_frames(encoded, number_of_frames=1))
    except Exception:  # what is broken is found when it is decoded
        return False
    start = stream.find(_CODING_STYLE)
    end = start + _TRANSFORM_OFFSET
    return start >= 0 and len(stream) > end and stream[end] == _IRREVERSIBLE
