"""Settings: the keys (`keys`), the types of their values (`kinds`), files (`files`), how layers make one (`layers`), and which
count for which file (`load`). `settings` is what the stages get."""
