"""Lists of ids, pasted or in files, and the sheet that comes back."""
