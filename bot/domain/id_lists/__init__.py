"""Lists of ids, pasted or in files, and the result sheet."""
