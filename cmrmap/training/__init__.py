"""Training of the segmentation network on synthetic images: generator, loop, export. Not part of the runtime."""
