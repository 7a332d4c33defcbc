# %% [markdown]
# # Map a study and look at it
#
# From a folder of DICOM files to maps, values and findings, in Python. The study is a phantom, a digital heart whose
# T1, T2 and ECV are known, so at the end the values can be compared with the truth. With a study of your own, start
# at "Map it".
#
# You need `pip install ".[evaluation]"` (it brings matplotlib). Eight minutes to read, half a minute to run.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import cmrmap
from cmrmap.core.map_specs import MapKind
from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.phantom.study_writer import write_phantom

study = generate_study(draw_study_parameters(seed=1, snr=30))
folder = write_phantom(Path("study"), study, hematocrit_file=True) / "dicom"
print(len(list(folder.rglob("*.dcm"))), "DICOM files")

# %% [markdown]
# ## Map it
#
# One call reads the headers, chooses a series for each map, segments the wall in every image, corrects the motion,
# fits, and makes ECV with the hematocrit that the folder gives. It is what `cmrmap run` does, without writing
# anything.

# %%
analysis = cmrmap.analyse_folder(folder)

for found in analysis.results.maps:
    if found.patient is None or not np.isfinite(found.patient.mean):
        print(f"{found.kind.value}: {found.reason}")
    else:
        value = found.patient
        about = f"{value.mean:.1f} ± {value.uncertainty:.1f} {found.kind.unit}"
        print(f"{found.kind.value}: {about} ({value.n_pixels} pixels)")

# %% [markdown]
# The number after ± is the standard error: how well the mean is known. A map that could not be made has
# its reason instead.
#
# ## Look at the maps
#
# `analysis.maps` holds one volume a map, (slice, row, column), NaN where there is no value. `shown_values` is the
# whole field of view, `values` only the wall.

# %%
maps = [MapKind.T2, MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1, MapKind.ECV]
mid = 2
figure, panels = plt.subplots(1, len(maps), figsize=(12, 3.4), layout="constrained")
figure.suptitle("Mid slice of the four maps; colour: the wall, grey: around it")
for panel, kind in zip(panels, maps, strict=True):
    volume = analysis.maps[kind.value]
    rows, columns = np.nonzero(volume.myocardium[mid])
    window = slice(rows.min() - 25, rows.max() + 25), slice(columns.min() - 25, columns.max() + 25)
    wall = volume.values[mid][window]
    low, high = np.nanpercentile(wall, [5, 95])
    panel.imshow(volume.shown_values[mid][window], cmap="gray", vmin=0, vmax=1.5 * high)
    picture = panel.imshow(wall, cmap="viridis", vmin=low, vmax=high)
    panel.set_title(f"{kind.value} [{kind.unit}]")
    panel.axis("off")
    figure.colorbar(picture, ax=panel, shrink=0.8)
plt.show()

# %% [markdown]
# ## Read the segments
#
# `aha` numbers the pixels of each AHA segment that the means include. The border layers are not part of it: they
# contain some blood or fat.

# %%
t1 = analysis.maps["native_t1"]
for number in range(7, 13):
    pixels = t1.values[t1.aha == number]
    print(
        f"mid segment {number}: {np.nanmean(pixels):.0f} ms, SD of its {pixels.size} pixels {np.nanstd(pixels):.0f} ms"
    )

# %% [markdown]
# ## Read the findings
#
# What the application noticed about the study. Each has a code that does not change, a severity, and a message.
# Here all are notes (`info`); [the list](../flags.md) has every finding there is.

# %%
findings = analysis.results.quality
print(f"{len(findings)} findings")
for one in findings:
    print(one.severity.value, one.code, "-", one.message)

# %% [markdown]
# ## Compare with the truth
#
# Only a phantom can do this.

# %%
for found in analysis.results.maps:
    if found.kind in maps:
        true = study.truth.patient_mean(found.kind)
        print(f"{found.kind.value}: truth {true:.1f}, found {found.patient.mean:.1f} {found.kind.unit}")

# %% [markdown]
# ## Keep it
#
# `save` writes the application's output folder: DICOM objects, report, results.json.

# %%
output = analysis.save("results")
print(sorted(path.name for path in (output / "results").iterdir()))

# %% [markdown]
# Next: [explain a pixel](explain_a_pixel.py).
