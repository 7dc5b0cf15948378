"""Misuse is found before anything is done: arguments, files, the event loop, the process."""
