"""What the fields of results.json are made of: numbers, counts, checksums, UIDs, and the entry that holds them."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from cmrmap.results.rounding import rounded

#: six significant digits, NaN and infinity as null
Rounded = BeforeValidator(rounded)
NotNegative = Annotated[float, Field(ge=0)]
Number: TypeAlias = Annotated[float | None, Rounded]
Count: TypeAlias = Annotated[int, Field(ge=0)]
Sha256: TypeAlias = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
# said and not enforced: a scanner's UID is written as it is, though it break the rule
Uid: TypeAlias = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[0-9.]{0,64}$"})]


class Entry(BaseModel):
    """Reads the attributes of a result object; refuses fields that it does not know."""

    model_config = ConfigDict(
        from_attributes=True, frozen=True, extra="forbid", json_schema_serialization_defaults_required=True
    )
