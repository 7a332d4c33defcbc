"""app.json and pkg.json: what the SDK wrote, completed to what the MAP specification 1.0 asks for.

Specification: Project MONAI, "MONAI Application Package", version 1.0.0, sections "Table of Environment Variables",
"Application Manifest" and "Package Manifest".
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

#: the specification's name of a variable, and the one that the SDK gives it
_ALSO_NAMED = {"HOLOSCAN_DOCS": "HOLOSCAN_DOCS_PATH", "HOLOSCAN_LOGS": "HOLOSCAN_LOGS_PATH"}
_FOLDERS = ("HOLOSCAN_INPUT_PATH", "HOLOSCAN_OUTPUT_PATH")
#: what tells a host whether the process still runs; see the verb `health` of the entrypoint
HEALTH_COMMAND = ("/var/holoscan/tools", "health")


def complete_app_manifest(manifest: dict[str, Any], image_environment: dict[str, str]) -> dict[str, Any]:
    """Add what the SDK leaves out; a name that the SDK wrote keeps its meaning.

    The folders of the environment become absolute: a host that starts the command elsewhere finds them too.
    """
    working = PurePosixPath(manifest["workingDirectory"])
    environment = dict(manifest["environment"])
    for name in _FOLDERS:
        environment[name] = str(working / environment[name])
    for name, sdk_name in _ALSO_NAMED.items():
        environment[name] = environment[sdk_name]
    environment |= image_environment
    probe = {
        "type": "command",
        "command": list(HEALTH_COMMAND),
        "initialDelaySeconds": 1,
        "periodSeconds": 10,
        "timeoutSeconds": 2,
        "failureThreshold": 3,
    }
    output = manifest["output"]
    return manifest | {
        "type": "application",  # runs once over its input, then ends
        "environment": dict(sorted(environment.items())),
        "output": output | {"format": output["formats"][0]},
        "liveness": probe,
        "readiness": probe,
    }


def complete_package_manifest(manifest: dict[str, Any], *, cuda: bool) -> dict[str, Any]:
    """Write the models as the specification's list; say what the variant wants of a host."""
    resources = {"sharedMemory": "64Mi", **manifest["resources"]}
    if cuda:
        resources |= {"gpu": 1, "gpuMemory": "2Gi"}
    return manifest | {
        "models": [{"name": name, "path": path} for name, path in sorted(manifest["models"].items())],
        "resources": resources,
        "platformConfig": "dgpu" if cuda else "cpu",
    }
