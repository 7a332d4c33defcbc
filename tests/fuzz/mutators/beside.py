"""What lies beside the images, or is given beside them: JSON, settings, times, weights."""

from __future__ import annotations

import copy
import json
import shutil
from typing import Any

import yaml

from tests.canaries import CANARY
from tests.fuzz.cases import Case, mutator
from tests.fuzz.mutators.drawn import odd, yaml_of
from tests.fuzz.oracle import READERS_WORD
from tests.fuzz.process import ROOT

_HEMATOCRIT = {"hematocrit": 0.43, "measured": "2026-01-15"}
CORRECTIONS = {
    "corrections": [
        {"map": "t2", "slice_index": 0, "exclude_images": [{"time_ms": 45}]},
        {"map": "native_t1", "slice_index": 0, "exclude_segments": [9, 10]},
        {"map": "t2", "slice_index": 0, "insertion_points": {"anterior": [60, 40.5], "inferior": [110, 45]}},
        {"map": "native_t1", "slice_index": 0, "exclude_slice": True, "reason": f"{READERS_WORD}ghosting"},
    ]
}
_OBSERVATION = {
    "resourceType": "Observation",
    "id": f"{CANARY}id",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "4544-3"}], "text": f"{CANARY}text"},
    "subject": {"reference": f"Patient/{CANARY}id", "display": f"{CANARY}name"},
    "valueQuantity": {"value": 43.5, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
    "effectiveDateTime": "2026-01-15",
}
_BUNDLE = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": _OBSERVATION}]}
_DOCUMENTS = {
    "hematocrit.json": _HEMATOCRIT,
    "corrections.json": CORRECTIONS,
    "fhir.json": _OBSERVATION,
    "b.json": _BUNDLE,
}
_TIMES = {"series": [{"series": 501, "weighting": "t2", "times_ms": [0, 35, 55, 75, float("inf")]}]}


def _places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    return [path, *(place for key, value in inner for place in _places(value, (*path, key)))]


def with_odd_value(case: Case, document: Any) -> Any:
    """Put an odd value somewhere, or take something away."""
    document = copy.deepcopy(document)
    place = case.rng.choice(_places(document)[1:])
    holder = document
    for key in place[:-1]:
        holder = holder[key]
    how = case.rng.random()
    if how < 0.2:
        del holder[place[-1]]
    elif how < 0.35 and isinstance(holder, dict):
        holder[str(odd(case.rng, "word"))] = holder.pop(place[-1])
    else:
        holder[place[-1]] = odd(case.rng, case.rng.choice(("number", "word", "scalar", "document")))
    return document


@mutator("json", 3.0)
def odd_value_in_json(case: Case) -> str:
    name = case.rng.choice(list(_DOCUMENTS))
    document = with_odd_value(case, _DOCUMENTS[name])
    (case.folder / name).write_text(
        json.dumps(document, ensure_ascii=case.rng.random() < 0.5), "utf-8", "surrogatepass"
    )
    return name


@mutator("json", 1.5)
def any_json(case: Case) -> str:
    name = case.rng.choice([*_DOCUMENTS, "other.json", "x.ndjson"])
    (case.folder / name).write_text(json.dumps(odd(case.rng, "document")), "utf-8", "surrogatepass")
    return name


@mutator("json", 2.0)
def hostile_json(case: Case) -> str:
    name = case.rng.choice([*_DOCUMENTS, "x.ndjson"])
    how = case.rng.choice(
        ("deep list", "deep object", "long number", "long exponent", "key twice", "cut", "flipped", "empty", "UTF-16",
         "BOM", "latin 1", "wide", "NaN", "lines", "zeros", "large")
    )  # fmt: skip
    text = json.dumps(_DOCUMENTS.get(name, _OBSERVATION))
    content = text.encode()
    number = case.rng.choice((1, 100, 100_000))
    if how == "deep list":
        content = b"[" * number * 5 + b"]" * number * 5
    elif how == "deep object":
        content = b'{"a":' * number + b"1" + b"}" * number
    elif how == "long number":
        content = text.replace("0.43", "4" * 400 * min(number, 100)).replace("43.5", "4" * 5000).encode()
    elif how == "long exponent":
        content = (
            text.replace("0.43", "1e999999")
            .replace("43.5", "-1E+400")
            .replace('"slice_index": 0', '"slice_index": 1e400')
            .encode()
        )
    elif how == "key twice":
        content = text[:-1].encode() + b", " + text[1:].encode()
    elif how == "cut":
        content = content[: case.rng.randrange(len(content))]
    elif how == "flipped":
        made = bytearray(content)
        made[case.rng.randrange(len(made))] ^= 1 << case.rng.randrange(8)
        content = bytes(made)
    elif how == "wide":
        content = b'{"hematocrit": [' + b"0," * number + b"0]}"
    elif how == "NaN":
        content = text.replace("0.43", "NaN").replace("43.5", "-Infinity").replace("45", "NaN").encode()
    elif how == "lines":
        content = (content + b"\n") * min(number, 1000)
    elif how == "large":
        content = b" " * 33_000_000 + content
    else:
        content = {"empty": b"", "UTF-16": text.encode("utf-16"), "BOM": b"\xef\xbb\xbf" + content, "zeros": bytes(100),
                   "latin 1": text.replace("final", "finäl").encode("latin-1")}[how]  # fmt: skip
    (case.folder / name).write_bytes(content)
    return f"{name}, {how}"


def _shown_settings() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "app.yaml").read_text(encoding="utf-8"))
    quick = dict.fromkeys(document["analysis"]["outputs"], False)
    document["analysis"]["outputs"] = quick
    document["analysis"]["maps"]["field"] = "ring"
    return document


@mutator("settings", 3.0, asked=True)
def odd_setting(case: Case) -> str:
    document = _shown_settings()
    place = case.rng.choice([one for one in _places(document) if len(one) >= 2])
    holder = document
    for key in place[:-1]:
        holder = holder[key]
    how = case.rng.choice(("gone", "scalar", "number", "word", "document", "plausible", "other name"))
    old = holder[place[-1]]
    if how == "gone":
        del holder[place[-1]]
    elif how == "other name" and isinstance(holder, dict):
        holder[f"{place[-1]}x"] = holder.pop(place[-1])
    elif how == "plausible" and isinstance(old, bool):
        holder[place[-1]] = not old
    elif how == "plausible" and isinstance(old, (int, float)):
        holder[place[-1]] = type(old)(old * case.rng.choice((0.5, 0.9, 1.1, 2)))
    else:
        holder[place[-1]] = odd(case.rng, how if how in ("scalar", "number", "word", "document") else "scalar")
    case.settings(yaml_of(document))
    return ".".join(str(one) for one in place) + f" {how}"


@mutator("settings", 1.5, asked=True)
def hostile_settings(case: Case) -> str:
    how = case.rng.choice(
        ("deep flow", "deep block", "aliases", "alias of itself", "object", "tabs", "cut", "flipped", "empty", "any",
         "two documents", "key twice", "UTF-16", "zeros", "long", "merge", "colon")
    )  # fmt: skip
    content = yaml_of(_shown_settings()).encode()
    number = case.rng.choice((10, 1000, 30_000))
    if how == "deep flow":
        content = b"analysis: " + b"[" * number + b"]" * number
    elif how == "deep block":
        content = b"".join(b" " * level + b"a:\n" for level in range(min(number, 300)))
    elif how == "aliases":
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
        lines += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 9) + "]" for n in range(1, case.rng.choice((3, 9, 30)))]
        content = "\n".join(lines).encode()
    elif how == "cut":
        content = content[: case.rng.randrange(len(content))]
    elif how == "flipped":
        made = bytearray(content)
        made[case.rng.randrange(len(made))] ^= 1 << case.rng.randrange(8)
        content = bytes(made)
    elif how == "any":
        content = yaml_of(odd(case.rng, "document")).encode("utf-8", "surrogatepass")
    elif how == "two documents":
        content = content + b"---\n" + content
    elif how == "key twice":
        content = content + b"\nanalysis: {fit: {noise_floor: false}}\n"
    elif how == "UTF-16":
        content = content.decode().encode("utf-16")
    elif how == "long":
        content = content + b"# " + b"x" * number * 10
    else:
        content = {
            "alias of itself": b"analysis: &a {fit: *a}\n",
            "object": b"analysis: !!python/object/apply:os.system ['true']\n",
            "tabs": b"analysis:\n\tfit: {}\n",
            "empty": b"",
            "zeros": bytes(100),
            "merge": b"a: &a {fit: {noise_floor: 1}}\nanalysis:\n  <<: *a\n",
            "colon": b": : :\n- a\n? b\n",
        }[how]
    case.settings(content)
    return how


@mutator("settings", 0.7, ("t2", "native", "ge", "siemens-vb17"), asked=True)
def times_file(case: Case) -> str:
    path = case.beside / case.rng.choice(("times.yaml", "times.json"))
    document = with_odd_value(case, _TIMES) if case.rng.random() < 0.7 else odd(case.rng, "document")
    content = yaml_of(document) if path.suffix == ".yaml" else json.dumps(document)
    path.write_text(content, "utf-8", "surrogatepass")
    case.arguments += ["--times", str(path)]
    return path.name


@mutator("weights", 1.0, ("t2",), asked=True)
def model_card(case: Case) -> str:
    """The card beside the weights: an odd value somewhere, any JSON, cut, gone; the weights are as they were."""
    source = ROOT / "models" / "stack-unet"
    folder = case.beside / "models" / "stack-unet"
    folder.mkdir(parents=True)
    shutil.copy(source / "weights.safetensors", folder)
    card = json.loads((source / "model.json").read_text(encoding="utf-8"))
    how = case.rng.choice(("odd", "odd", "odd", "any", "cut", "gone", "deep"))
    text = json.dumps(with_odd_value(case, card) if how == "odd" else odd(case.rng, "document"))
    if how == "cut":
        text = json.dumps(card)[: case.rng.randrange(3000)]
    elif how == "deep":
        text = "[" * 50_000
    if how != "gone":
        (folder / "model.json").write_text(text, "utf-8", "surrogatepass")
    case.arguments += ["-m", str(case.beside / "models")]
    return how


@mutator("weights", 0.5, ("t2",), asked=True)
def weights_file(case: Case) -> str:
    source = ROOT / "models" / "stack-unet"
    folder = case.beside / "models" / "stack-unet"
    folder.mkdir(parents=True)
    shutil.copy(source / "model.json", folder)
    content = bytearray((source / "weights.safetensors").read_bytes())
    how = case.rng.choice(("flip", "header", "cut", "empty", "gone", "text", "folder"))
    if how == "flip":
        content[case.rng.randrange(len(content))] ^= 1
    elif how == "header":
        content[case.rng.randrange(8)] ^= 0x80
    elif how == "cut":
        content = content[: case.rng.randrange(len(content))]
    elif how in ("empty", "text"):
        content = bytearray(b"" if how == "empty" else b"weights")
    if how == "folder":
        (folder / "weights.safetensors").mkdir()
    elif how != "gone":
        (folder / "weights.safetensors").write_bytes(content)
    case.arguments += ["-m", str(case.beside / "models")]
    return how
