"""The operators: each is a stage of cmrmap.pipeline.stages with its products as ports."""
