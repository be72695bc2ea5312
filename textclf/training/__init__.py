"""Training: device and precision, the loop, the fit from texts to a model."""
