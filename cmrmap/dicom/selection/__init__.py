"""Which series each map is made from: rules, times, contrast, model, slices."""
