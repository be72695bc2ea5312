"""Speed and cost of training and prediction, compared with the hardware's limits and with other tools."""
