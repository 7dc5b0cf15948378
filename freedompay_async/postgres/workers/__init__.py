"""Those who work on the batches of a database."""
