"""The JSON schema of results.json: ``python -m cmrmap.results.json_schema docs/results.schema.json`` writes it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema

from cmrmap.results.document import Document


class _Untitled(GenerateJsonSchema):
    """Leaves out titles that only repeat a field's name, and says which draft the schema follows."""

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        """Return the schema with its dialect."""
        return {"$schema": self.schema_dialect, **super().generate(schema, mode)}

    def field_title_should_be_set(self, schema: object) -> bool:
        """Say no: the name is enough."""
        return False


def json_schema() -> str:
    """Return the schema (JSON Schema 2020-12) as text with a line end; the same release gives the same bytes."""
    found = Document.model_json_schema(mode="serialization", by_alias=False, schema_generator=_Untitled)
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json_schema(), encoding="utf-8")
