"""Which files can hold an acquire site: told from their words and from what they import, before anything is analysed."""
