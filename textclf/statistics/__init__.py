"""Statistics: pure functions of arrays. Nothing here reads a file or needs torch."""
