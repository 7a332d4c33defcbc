"""What travels through the chain, one small file a stage; knows nothing else of the package."""
