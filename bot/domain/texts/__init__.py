"""What a status means, in the words of a language."""
