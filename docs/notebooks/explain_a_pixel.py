# %% [markdown]
# # Explain a pixel
#
# Why does a pixel of a map have its value? This notebook goes from a pixel back to its samples, its fit and what was
# left out, and then to the mean that it is a part of. In the HTML report a click on the pixel shows the same.
#
# Seven minutes to read, half a minute to run.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import cmrmap
from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.phantom.study_writer import write_phantom
from cmrmap.relaxometry import get_model, signal

if not Path("study").exists():
    write_phantom(Path("study"), generate_study(draw_study_parameters(seed=1, snr=30)), hematocrit_file=True)
analysis = cmrmap.analyse_folder("study/dicom")

# %% [markdown]
# ## Choose a pixel
#
# One that a mean includes: `aha` is its segment, 0 if no mean includes it. Slices, rows and columns start at 0.

# %%
t1 = analysis.maps["native_t1"]
mid = 2
rows, columns = np.nonzero(t1.aha[mid] == 8)  # mid anteroseptal
row, column = int(rows[len(rows) // 2]), int(columns[len(columns) // 2])
print(f"row {row}, column {column}: {t1.values[mid, row, column]:.0f} ms")

# %% [markdown]
# ## Its samples and its fit
#
# The samples are those of one (angle, depth) cell of the wall: the same piece of muscle in every image, wherever the
# heart was. They have signs: which of them lie before the null is found by the fit, since the images are magnitudes.

# %%
why = analysis.explain("native_t1", mid, row, column)
print(f"value {why.value:.0f} ± {why.sd:.0f} ms, status {why.status.name}, R2 {why.r2:.4f}")
print("included in the means" if why.counted else f"not included: {why.reason}")
print("left out:", [f"{time:.0f} ms" for time in why.left_out_ms] or "nothing")

# %%
model = get_model(analysis.series["native_t1"].map.model)
finite = why.times_ms[np.isfinite(why.times_ms) & (why.times_ms < 10_000)]
curve_ms = np.linspace(0, finite.max() * 1.1, 300)
curve = signal(model, curve_ms, why.value, why.amplitude)

figure, (above, below) = plt.subplots(2, 1, figsize=(8, 5), sharex=True, height_ratios=(3, 1), layout="constrained")
figure.suptitle("Samples of one pixel, the fitted curve, and the residuals")
above.plot(curve_ms, curve, color="tab:blue", label=f"{model.equation}, T1 = {why.value:.0f} ms")
above.plot(why.times_ms, why.samples, "o", color="black", label="samples")
above.axhline(0, color="gray", linewidth=0.8)
above.set(ylabel="signal", xlim=(0, curve_ms[-1]))
above.legend()
below.axhspan(-why.noise_sd, why.noise_sd, color="lightgray", label="± noise of one pixel")
below.plot(why.times_ms, why.residuals, "o", color="black")
below.set(xlabel="inversion time, ms", ylabel="residual", ylim=(-3 * why.noise_sd, 3 * why.noise_sd))
below.legend()
plt.show()

# %% [markdown]
# The image without inversion (30 000 ms) lies beyond the right edge of the picture. Residuals within the grey band
# are noise. A single large one points to one image, with motion or an artefact; a pattern points to the model.
#
# ## A pixel that no mean includes
#
# At the border of the wall a pixel contains some blood. The map shows it, and no mean includes it.

# %%
border = t1.myocardium[mid] & np.isfinite(t1.values[mid]) & (t1.aha[mid] == 0)
at_border = np.argwhere(border)
other = analysis.explain("native_t1", mid, int(at_border[0][0]), int(at_border[0][1]))
print(f"{other.value:.0f} ± {other.sd:.0f} ms; counted: {other.counted}; {other.reason}")

# %% [markdown]
# ## From pixels to a mean
#
# The standard error of a mean is not the pixels' SD over the root of their number: neighbours share samples, and
# breathing or an irregular beat moves all of them together. Compare the two.

# %%
(native,) = [one for one in analysis.results.maps if one.kind.value == "native_t1"]
(segment,) = [one for one in native.slices[mid].segments if one.aha == 8]
numbers = segment.statistics
naive = numbers.sd / np.sqrt(numbers.n_pixels)
print(f"segment 8: {numbers.mean:.0f} ms, {numbers.n_pixels} pixels with an SD of {numbers.sd:.0f} ms")
print(f"standard error: {numbers.uncertainty:.1f} ms; by the root of the number it would be {naive:.1f} ms")

# %% [markdown]
# [Uncertainty](../uncertainty.md) explains what the standard error is made of, and how it was checked.
#
# Next: [bring your own outlines](own_outlines.py).
