"""Parts of the Classify page: the welcome, the result, and its download."""
