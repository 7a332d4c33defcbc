"""Destinations as people write them, and what it takes to reach them."""

from __future__ import annotations

import sys

import pytest

from cmrmap.core.errors import InputError
from cmrmap.dicom.transfer.destinations import check_libraries, parse_destination
from cmrmap.dicom.transfer.sending import send


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pacs",
        "dicom://pacs:104",
        "dicom://A@pacs",
        "dicom://A@pacs:x",
        "ftp://pacs",
        "dicom://TOOLONGTITLE12345@h:1",
    ],
)
def test_destinations_that_are_none(text):
    with pytest.raises(InputError, match="expected"):
        parse_destination(text)


def test_destinations():
    node = parse_destination("dicom://PACS@host.local:11112?from=READER")
    assert (node.called, node.calling, node.host, node.port) == ("PACS", "READER", "host.local", 11112)
    web = parse_destination("https://me:secret@host/dicom-web/")
    assert (web.url, web.user, web.password) == ("https://host/dicom-web", "me", "secret")
    assert "secret" not in web.address
    assert "secret" not in web.address
    assert "secret" not in repr(web)  # nor in any log that prints it


@pytest.mark.parametrize(
    ("address", "library"),
    [
        ("dicom://A@host:104", "pynetdicom"),
        ("https://host/dicom-web", "dicomweb_client"),
        ("https://host/dicom-web", "tenacity"),
    ],
)
def test_a_missing_network_library_is_one_clear_line(monkeypatch, address, library):
    there = parse_destination(address)
    monkeypatch.setitem(sys.modules, library, None)  # as if it were not installed
    with pytest.raises(InputError, match=rf"{library}, which is not installed; install cmrmap\[send\]"):
        check_libraries(there)
    with pytest.raises(InputError, match=r"install cmrmap\[send\]"):
        send((), there)


def test_the_other_way_to_send_does_without_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynetdicom", None)
    check_libraries(parse_destination("https://host/dicom-web"))
