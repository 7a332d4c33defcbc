# %% [markdown]
# # Bring your own outlines
#
# Map a study with outlines that the network did not make: another network's, or those of a reader as arrays. The
# stage `segment` is replaced by a function of yours; the shape check, motion correction, fits, means and findings
# stay.
#
# Contours from a viewer need no Python at all: put the DICOM Segmentation among the images
# ([how](../how-to/correct-contours.md)).
#
# Seven minutes to read, a minute to run.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import cmrmap
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label, SegmentationStack
from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.phantom.study_writer import write_phantom
from cmrmap.pipeline import STAGES, RunContext, Stage, StudyMaps, run_stages
from cmrmap.run.shipped_model import find_model_folder

study = generate_study(draw_study_parameters(seed=1, snr=30))
if not Path("study").exists():
    write_phantom(Path("study"), study, hematocrit_file=True)

# %% [markdown]
# ## What an outline is
#
# A label image for every weighted image: 0 background, 1 myocardium, 2 cavity, 3 right ventricle. One
# `SegmentationStack` a series, (slice, time, row, column). `confidence` is 0 to 1 for each image, NaN where there is
# no image.
#
# Here the phantom's true masks stand for your outlines.

# %%


def my_outlines(context, loaded):
    """One SegmentationStack a series, in the order of the series."""
    stacks = []
    for stack in loaded.stacks:
        labels = study[stack.kind].labels
        confidence = np.where(stack.present, 1.0, np.nan).astype(np.float32)
        stacks.append(SegmentationStack(stack.kind, labels, confidence))
    return tuple(stacks)


stages = STAGES.replace(Stage("segment", ("loaded",), "segmentations", my_outlines))

# %% [markdown]
# ## Map with them, and with the network's
#
# `run_stages` runs the list up to the product that is asked for. `maps` has the numbers and volumes.

# %%
network = cmrmap.load_network(find_model_folder())  # the shipped one
context = RunContext(input_folder=Path("study/dicom").absolute(), network=network)
mine = run_stages(stages, context, until="maps").one("maps", StudyMaps)
theirs = run_stages(STAGES, context, until="maps").one("maps", StudyMaps)

# %%


def patient_mean(report, kind):
    """Mean of the pixels that count, in the map's unit."""
    (volume,) = [one for one in report.volumes if one.kind is kind]
    return np.nanmean(volume.values[volume.aha > 0])


for kind in (MapKind.T2, MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1, MapKind.ECV):
    true = study.truth.patient_mean(kind)
    print(
        f"{kind.value}: truth {true:.2f}, my outlines {patient_mean(mine, kind):.2f}, "
        f"the network's {patient_mean(theirs, kind):.2f} {kind.unit}"
    )

# %% [markdown]
# ## What a worse outline does
#
# An endocardium that lies a pixel too far inside takes blood into the wall. How much of that reaches the means?

# %%
from scipy.ndimage import binary_dilation


def thicker_outlines(context, loaded):
    """Return my outlines with one pixel of the cavity taken into the wall."""
    stacks = []
    for one in my_outlines(context, loaded):
        labels = one.labels.copy()
        for image in labels.reshape(-1, *labels.shape[2:]):
            wall, cavity = image == Label.MYOCARDIUM, image == Label.CAVITY
            image[cavity & binary_dilation(wall)] = Label.MYOCARDIUM
        stacks.append(SegmentationStack(one.kind, labels, one.confidence))
    return tuple(stacks)


worse_stages = STAGES.replace(Stage("segment", ("loaded",), "segmentations", thicker_outlines))
worse = run_stages(worse_stages, context, until="maps").one("maps", StudyMaps)

kinds = (MapKind.T2, MapKind.NATIVE_T1, MapKind.ECV)
figure, panels = plt.subplots(1, len(kinds), figsize=(10, 3), layout="constrained")
figure.suptitle("Error of the patient's mean: exact outlines, the network's, and one pixel too far inside")
for panel, kind in zip(panels, kinds, strict=True):
    true = study.truth.patient_mean(kind)
    errors = [patient_mean(report, kind) - true for report in (mine, theirs, worse)]
    panel.bar(["exact", "network", "1 px inside"], errors)
    panel.axhline(0, color="black", linewidth=0.8)
    panel.set_title(f"{kind.value} [{kind.spec.difference_unit}]")
plt.show()

# %% [markdown]
# The statistics leave out two pixels at each border, so that most of a pixel's error is absorbed; what remains is
# what you see.
#
# In the application's graph the same is an operator of yours: [replace a stage](../how-to/replace-a-stage.md).
#
# Next: [add a signal model](add_a_signal_model.py).
