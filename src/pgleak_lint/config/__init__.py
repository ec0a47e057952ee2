"""Settings: what a file may say (`options`), how it is read and merged (`load`), what the stages get (`settings`)."""
