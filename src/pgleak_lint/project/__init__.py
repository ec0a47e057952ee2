"""The other modules of a project: where they are, and their code units on demand."""
