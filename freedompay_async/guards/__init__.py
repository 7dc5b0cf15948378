"""Finds misuse before anything is done: of arguments, files, the event loop, the process."""
