"""Where the model lies: as named, or the one that travels with the package. The only place that knows.

The wheel holds the repository's ``models`` as ``cmrmap/models`` (setup.py maps the folder); in a source checkout,
installed editable or merely on the path, it is the folder beside the package.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from cmrmap.core.errors import ModelError

#: names a model folder, or a folder of models
MODEL_VARIABLE = "CMRMAP_MODEL_PATH"
_CARD_NAME = "model.json"


def find_model_folder(
    given: Path | None = None, name: str | None = None, environment: Mapping[str, str] | None = None
) -> Path:
    """Return the folder of the model to use, the first that is named: given, by the environment, shipped.

    Nothing is read of the model; `cmrmap.segmentation.load_network` verifies its checksum.

    Parameters
    ----------
    given : a model folder, or a folder of models, as an option names it; None: not named
    name : which one of a folder of models; None: its only one
    environment : None takes that of the process

    Returns
    -------
    folder : holds model.json; absolute unless ``given`` is not

    Raises
    ------
    ModelError
        no such folder, no model in it, or several and none named; or the installation lacks its model
    """
    environment = os.environ if environment is None else environment
    if given is None and environment.get(MODEL_VARIABLE):
        given = Path(os.path.abspath(environment[MODEL_VARIABLE]))
    return choose_model(shipped_models() if given is None else given, name)


def choose_model(models: Path, name: str | None = None) -> Path:
    """Return ``models`` itself if it is a model folder, else the one named in it, else the only one in it.

    Parameters
    ----------
    models : a model folder, or a folder of models
    name : of the model; None: the only one

    Raises
    ------
    ModelError
        no such folder, no model in it, or several and none named
    """
    if not os.path.isdir(models):  # nor where a folder above it may not be entered
        raise ModelError(f"models folder {models} does not exist; give the folder with the models by -m")
    if (models / _CARD_NAME).is_file():
        return models
    found = {path.parent.name: path.parent for path in sorted(models.glob(f"*/{_CARD_NAME}"))}
    if name is not None:
        if name not in found:
            raise ModelError(f"models folder {models} has no model {name}; found: {', '.join(found) or 'none'}")
        return found[name]
    if len(found) != 1:
        raise ModelError(
            f"models folder {models} holds {len(found)} models ({', '.join(found) or f'no */{_CARD_NAME}'}); "
            "expected one, or name it in app.yaml: analysis.segmentation.model"
        )
    return next(iter(found.values()))


def shipped_models() -> Path:
    """Return the folder of the models that travel with this package.

    Raises
    ------
    ModelError
        there is none
    """
    package = Path(str(resources.files("cmrmap")))
    inside, beside = package / "models", package.parent / "models"
    if any(inside.glob(f"*/{_CARD_NAME}")):
        return inside
    # beside an installed package lie other people's
    if (package.parent / "pyproject.toml").is_file() and any(beside.glob(f"*/{_CARD_NAME}")):
        return beside
    raise ModelError(
        f"the model that ships with CMRmap is missing: no {inside}/*/{_CARD_NAME}; "
        f"install the package again, or name a model folder by -m or {MODEL_VARIABLE}"
    )
