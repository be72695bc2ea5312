"""The benchmark: how close training and prediction come to what the hardware allows, and to what else there is."""
