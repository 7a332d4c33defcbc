"""Many studies: the application's chain on each of them, on this machine's cores or on a Dask cluster."""
