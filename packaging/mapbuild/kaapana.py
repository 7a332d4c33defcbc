"""/processing-container.json: what Kaapana's Task API reads from an image.

Source: Kaapana, development guide, "Developing a Processing-Container" (Task API, api_version 1).
"""

from __future__ import annotations

from typing import Any


def processing_container(app_manifest: dict[str, Any], package_manifest: dict[str, Any], title: str) -> dict[str, Any]:
    """Describe the application by its manifests. No command: the image's entrypoint is what runs."""
    environment, resources = app_manifest["environment"], package_manifest["resources"]
    limits = {"memory": resources["memory"]}
    if resources.get("gpu"):
        limits["nvidia.com/gpu"] = str(resources["gpu"])
    return {
        "name": title.lower(),
        "description": "T1, T2 and ECV maps of the heart from a cardiac MR study: DICOM in, DICOM and tables out.",
        "api_version": 1,
        "templates": [
            {
                "identifier": "maps",
                "description": "One study in, its maps, segmentations and numbers out.",
                "inputs": [
                    {
                        "name": "study",
                        "mounted_path": environment["HOLOSCAN_INPUT_PATH"],
                        "description": "DICOM files of ONE study, in folders of any depth; other files are skipped",
                    }
                ],
                "outputs": [
                    {
                        "name": "maps",
                        "mounted_path": environment["HOLOSCAN_OUTPUT_PATH"],
                        "description": "<SOPInstanceUID>.dcm in the root, results/ with results.json, segments.csv and "
                        "status.json",
                    }
                ],
                "env": [
                    {
                        "name": "CMRMAP_HEMATOCRIT",
                        "value": "",
                        "description": "Hematocrit, which ECV needs: a fraction, or 20 to 70 percent; may be empty",
                    }
                ],
                "resources": {"limits": limits, "requests": {"cpu": str(resources["cpu"]), "memory": "2Gi"}},
            }
        ],
    }
