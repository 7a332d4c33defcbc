// The relaxation models evaluated with the parameters that were fitted: cmrmap/relaxometry/models.py, nothing is fitted here.

/** The signed signal at one time; `fit` tells the equation, `parameters` are [time constant, A, B]. */
function signal(fit, parameters, timeMs) {
  const [constant, a, b] = parameters;
  const decay = timeMs === Infinity ? 0 : Math.exp(-timeMs / constant);
  if (!fit.has_offset) return a * (fit.column_constant + fit.column_slope * decay);
  return fit.recovering ? a - b * decay : a * decay + b;
}
