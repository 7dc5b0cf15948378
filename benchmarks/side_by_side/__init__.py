"""The benchmark of the whole library: clients side by side in processes of their own, against a
server that does nothing but answer.
"""
