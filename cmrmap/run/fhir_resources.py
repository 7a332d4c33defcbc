"""Resources of FHIR documents and what they refer to (HL7 FHIR R4, 2.1.28 Bundle, 2.3 References)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_DEEPEST = 8  # Bundles within Bundles, resources contained in resources


@dataclass(frozen=True, slots=True, eq=False)
class FhirResource:
    """One resource.

    Attributes
    ----------
    body : its content
    full_url : of its entry in a Bundle; "" where it has none
    document : number of the document that it stands in
    container : that it is contained in; None where it stands by itself
    """

    body: Mapping[str, Any]
    full_url: str
    document: int
    container: FhirResource | None = None

    @property
    def kind(self) -> str:
        """Its resourceType; "" where it has none."""
        return text_of(self.body.get("resourceType"))

    @property
    def own_id(self) -> str:
        """Its logical id; "" where it has none."""
        return text_of(self.body.get("id"))


def resources_of(documents: Iterable[Any]) -> tuple[FhirResource, ...]:
    """Return all resources of documents: by themselves, in lists, in Bundles and contained in others.

    Parameters
    ----------
    documents : as JSON gives them; what is no resource is passed over
    """
    return tuple(one for index, document in enumerate(documents) for one in _expanded(document, "", index, None, 0))


def _expanded(
    node: Any, full_url: str, document: int, container: FhirResource | None, depth: int
) -> Iterator[FhirResource]:
    if depth > _DEEPEST:
        return
    if isinstance(node, list):
        for item in node:
            yield from _expanded(item, "", document, container, depth + 1)
        return
    if not isinstance(node, dict):
        return
    resource = FhirResource(node, full_url, document, container)
    yield resource
    for entry in list_of(node.get("entry")):
        if isinstance(entry, dict):
            yield from _expanded(entry.get("resource"), text_of(entry.get("fullUrl")), document, None, depth + 1)
    for item in list_of(node.get("contained")):
        yield from _expanded(item, "", document, resource, depth + 1)


class FhirIndex:
    """Resources by what a reference may call them."""

    def __init__(self, resources: Iterable[FhirResource]) -> None:
        self.resources = tuple(resources)
        self._by_name: dict[tuple[str, str], list[FhirResource]] = {}
        for one in self.resources:
            for name in {one.full_url, one.own_id} - {""}:
                self._by_name.setdefault((one.kind, name), []).append(one)

    def referred(self, reference: str, source: FhirResource, kind: str) -> list[FhirResource]:
        """Return the resources that a reference may mean; several only where ids repeat.

        Parameters
        ----------
        reference : as it stands in ``Reference.reference``: "#id" of a contained resource, an entry's fullUrl,
            "Type/id", the same at the end of a URL, or with a version
        source : that holds the reference
        kind : resourceType of what is meant
        """
        wanted = reference.split("/_history/")[0]
        if wanted.startswith("#"):
            home = source if source.container is None else source.container
            return [one for one in self._by_name.get((kind, wanted[1:]), ()) if one.container is home]
        free = [one for one in self._by_name.get((kind, wanted), ()) if one.full_url == wanted]
        name = last_part(wanted, kind)
        free = free or [one for one in self._by_name.get((kind, name), ()) if one.own_id == name]
        free = [one for one in free if one.container is None]
        return [one for one in free if one.document == source.document] or free


def last_part(reference: str, kind: str) -> str:
    """Return the id that a reference to a ``kind`` ends in; "" where it refers to something else.

    Parameters
    ----------
    reference : "Type/id", the same at the end of a URL, an id alone, or urn:uuid:id
    kind : resourceType of what is meant
    """
    parts = reference.split("/_history/")[0].strip("/").split("/")
    if len(parts) > 1 and parts[-2] != kind:
        return ""
    return parts[-1].rsplit(":", 1)[-1]


def text_of(value: Any) -> str:
    """Return a text as it is, anything else as "".

    Parameters
    ----------
    value : of any type
    """
    return value.strip() if isinstance(value, str) else ""


def list_of(value: Any) -> list[Any]:
    """Return a list as it is, anything else as an empty one.

    Parameters
    ----------
    value : of any type
    """
    return value if isinstance(value, list) else []


def object_of(value: Any) -> Mapping[str, Any]:
    """Return an object as it is, anything else as an empty one.

    Parameters
    ----------
    value : of any type
    """
    return value if isinstance(value, dict) else {}
