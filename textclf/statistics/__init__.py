"""Statistics: pure functions of arrays. They read no file and need no torch."""
