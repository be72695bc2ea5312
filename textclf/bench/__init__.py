"""The benchmark: speed and cost of training and prediction, beside the hardware's limits and other tools."""
