"""Results: typed rows, the append-only store and the tables made from them. Nothing here needs torch."""
