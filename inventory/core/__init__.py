"""The language in which models, links and tasks are declared. Nothing here does I/O."""
